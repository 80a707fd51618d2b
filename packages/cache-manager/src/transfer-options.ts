import { CacheValidationError, type FieldProblem } from '@pw/cache-models';

type Hooks<F extends string> = Readonly<Partial<Record<F | 'signal', unknown>>>;

/** What is wrong with the functions and the signal among options: met only when one is called, it would end work that was half done. */
export function problemsOfHooks<F extends string>(options: Hooks<F>, functions: readonly F[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const path of functions) {
    const given = options[path];
    if (given !== undefined && typeof given !== 'function') problems.push({ path, message: 'must be a function' });
  }
  const { signal } = options;
  const isSignal =
    signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted === 'function';
  if (!isSignal) problems.push({ path: 'signal', message: 'must be an AbortSignal' });
  return problems;
}

/** Throws a CacheValidationError that lists the problems, if there are any. */
export function refuseProblems(what: string, problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CacheValidationError(`${what}: ${list}`, { problems });
}
