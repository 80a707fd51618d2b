import { type ArgumentKind, type FieldProblem, isPromise, Kinds, optional } from '@pw/cache-models';

/** The options of every operation that works through a whole file or cache. */
export const HOOKS = Object.freeze({
  onProgress: optional(Kinds.function),
  signal: optional(Kinds.signal),
}) satisfies Record<string, ArgumentKind>;

/** At most one problem. */
export function problemsOfPath(path: unknown): FieldProblem[] {
  return Kinds.path.isRight(path) ? [] : [{ path: 'path', message: Kinds.path.wanted }];
}

/** Awaits an async listener, so that its rejection ends the operation just as a throw does. */
export async function reportProgress<P>(
  onProgress: ((progress: P) => unknown) | undefined,
  progress: P,
): Promise<void> {
  const answer = onProgress?.(progress);
  if (isPromise(answer)) await answer;
}
