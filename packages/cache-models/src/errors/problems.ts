import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument, type FieldError, isErrorClass } from '../arguments/check-argument.ts';
import { CacheConfigError, CacheValidationError, type FieldProblem, isProblemList } from './cache-error.ts';

/** The error that {@link Problems.throwIfAny} throws. */
export interface ThrowProblemsOptions {
  /** Class of the error. Default CacheValidationError; constructors and configurations use CacheConfigError. */
  readonly error?: FieldError | undefined;
  /** Name of the tier concerned, for the error's `tier`. Default: none. */
  readonly tier?: string | undefined;
}

const NO_OPTIONS: ThrowProblemsOptions = Object.freeze({});
const FOUND: ArgumentKind = Object.freeze({ wanted: 'must be a list of { path, message }', isRight: isProblemList });
const ERROR: ArgumentKind = optional(Object.freeze({ wanted: 'must be a class of errors', isRight: isErrorClass }));
const OPTIONS: ArgumentKind = Object.freeze({ wanted: 'must be { error, tier }', isRight: isThrowOptions });

/**
 * Collects the problems of one value, so that a single error lists all of them. No problem may quote the value.
 *
 * @example
 * ```ts
 * const problems = new Problems(problemsOfOptions(options, MEMBERS));
 * problems.check(options.min <= options.max, 'min', 'must be at most max');
 * problems.throwIfAny('MyTier', { error: CacheConfigError });
 * ```
 */
export class Problems {
  readonly #list: FieldProblem[];

  /** Starts with a copy of `found`. Throws a CacheConfigError unless it is a list of `{ path, message }`. */
  constructor(found: readonly FieldProblem[] = []) {
    checkArgument('found', found, FOUND, CacheConfigError);
    this.#list = [...found];
  }

  /** The problems so far, in the order in which they were found. A copy. */
  get list(): readonly FieldProblem[] {
    return [...this.#list];
  }

  /**
   * Adds a problem unless `isRight`. `path` names the member, empty for the value itself; `message` says what it must
   * be.
   */
  check(isRight: boolean, path: string, message: string): void {
    checkArgument('isRight', isRight, Kinds.boolean);
    checkArgument('path', path, Kinds.string);
    checkArgument('message', message, Kinds.string);
    if (!isRight) this.#list.push({ path, message });
  }

  /**
   * Adds problems that another check has found. Throws a CacheValidationError unless they are a list of `{ path,
   * message }`.
   */
  add(found: readonly FieldProblem[]): void {
    checkArgument('found', found, FOUND);
    this.#list.push(...found);
  }

  /**
   * Throws one error that lists all problems, if there are any. `what` begins the message, such as the name of a
   * function.
   */
  throwIfAny(what: string, options: ThrowProblemsOptions = NO_OPTIONS): void {
    const error = this.toError(what, options);
    if (error !== undefined) throw error;
  }

  /**
   * The error that {@link throwIfAny} throws, for callers that reject a promise with it; `undefined` if there are no
   * problems.
   */
  toError(what: string, options: ThrowProblemsOptions = NO_OPTIONS): Error | undefined {
    checkArgument('what', what, Kinds.string);
    checkArgument('options', options, OPTIONS);
    const { error: ErrorClass = CacheValidationError, tier } = options;
    checkArgument('error', ErrorClass, ERROR);
    checkArgument('tier', tier, optional(Kinds.string));
    if (this.#list.length === 0) return undefined;
    return new ErrorClass(`${what}: ${this.inOneLine}`, { problems: this.list, tier });
  }

  /** All problems in one line: `limit: must be a number; cursor: must be a string`. */
  get inOneLine(): string {
    return this.#list.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  }
}

/** Cannot use `checkOptionsObject`, which is built on this class. */
function isThrowOptions(value: unknown): boolean {
  return (
    Kinds.object.isRight(value) && Object.keys(value as object).every((name) => name === 'error' || name === 'tier')
  );
}
