import type { FieldProblem } from '@pw/cache-models';
import { type ArgumentKind, isPromise, Kinds, optional } from '@pw/cache-models/tier';

/** The options of every operation that processes a whole file or cache. */
export const HOOKS = Object.freeze({
  onProgress: optional(Kinds.function),
  signal: optional(Kinds.signal),
}) satisfies Record<string, ArgumentKind>;

/** The problem of a path, or an empty list. */
export function problemsOfPath(path: unknown): FieldProblem[] {
  return Kinds.path.isRight(path) ? [] : [{ path: 'path', message: Kinds.path.wanted }];
}

/** Awaits an async listener, so that its rejection ends the operation just like a throw. */
export async function reportProgress<P>(
  onProgress: ((progress: P) => unknown) | undefined,
  progress: P,
): Promise<void> {
  const answer = onProgress?.(progress);
  if (isPromise(answer)) await answer;
}
