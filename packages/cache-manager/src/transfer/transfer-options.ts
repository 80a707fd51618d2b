import {
  type ArgumentKind,
  CacheValidationError,
  type FieldProblem,
  isPromise,
  Kinds,
  optional,
} from '@pw/cache-models';

/** The options of every operation that processes a whole file or cache. */
export const HOOKS = Object.freeze({
  onProgress: optional(Kinds.function),
  signal: optional(Kinds.signal),
}) satisfies Record<string, ArgumentKind>;

/**
 * Throws a CacheValidationError that lists the problems, if there are any. Called before anything is read or written.
 */
export function refuseProblems(what: string, problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CacheValidationError(`${what}: ${list}`, { problems });
}

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
