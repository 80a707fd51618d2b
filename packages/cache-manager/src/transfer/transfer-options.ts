import {
  type ArgumentKind,
  CacheValidationError,
  type FieldProblem,
  isPromise,
  Kinds,
  optional,
} from '@pw/cache-models';

/** The options that every long work on a whole cache takes. */
export const HOOKS = Object.freeze({
  onProgress: optional(Kinds.function),
  signal: optional(Kinds.signal),
}) satisfies Record<string, ArgumentKind>;

/** Throws a CacheValidationError that lists the problems, if there are any: before anything is read or written. */
export function refuseProblems(what: string, problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CacheValidationError(`${what}: ${list}`, { problems });
}

/** What is wrong with the path of a file. */
export function problemsOfPath(path: unknown): FieldProblem[] {
  return Kinds.path.isRight(path) ? [] : [{ path: 'path', message: Kinds.path.wanted }];
}

/** Tells of progress. An async listener is waited for, so that what it rejects with ends the work, as what another one throws. */
export async function reportProgress<P>(onProgress: ((progress: P) => unknown) | undefined, progress: P): Promise<void> {
  const answer = onProgress?.(progress);
  if (isPromise(answer)) await answer;
}
