import { CacheValidationError, type FieldProblem } from '../errors/cache-error.ts';
import { Problems } from '../errors/problems.ts';
import { type ArgumentKind, Kinds } from './argument-kinds.ts';
import { checkArgument, ERROR_CLASS, type FieldError, isErrorClass } from './check-argument.ts';
import { instanceAsOptions, objectWanted } from './object-wanted.ts';
import { unknownMembers } from './unknown-members.ts';

export interface CheckOptionsOptions {
  /** The beginning of the message, such as the name of the function. */
  readonly what: string;
  /**
   * Name of the argument.
   *
   * @default "options"
   */
  readonly name?: string | undefined;
  /**
   * Class of the error; constructors take CacheConfigError.
   *
   * @default CacheValidationError
   */
  readonly error?: FieldError | undefined;
}

/**
 * Checks an options object: it must be an object, and every member must be known and of its kind. Throws one error that
 * lists all problems by member, says what to write instead of a value that is not an object, and quotes no string.
 *
 * @example
 * checkOptionsObject(options, { signal: optional(Kinds.signal) }, { what: 'getOrLoad' });
 */
export function checkOptionsObject(
  options: unknown,
  members: Readonly<Record<string, ArgumentKind>>,
  how: CheckOptionsOptions,
): void {
  checkArgument('how', how, Kinds.object);
  const { what, name = 'options', error = CacheValidationError } = how;
  checkArgument('how.what', what, Kinds.string);
  checkArgument('how.error', error, CLASS);
  new Problems(problemsOfOptions(options, members, name)).throwIfAny(what, { error });
}

const CLASS: ArgumentKind = Object.freeze({ wanted: ERROR_CLASS, isRight: isErrorClass });

/** An object with these members, which are checked separately; for an option that is itself an options object. */
export function objectWith(members: Readonly<Record<string, ArgumentKind>>): ArgumentKind {
  checkArgument('members', members, MEMBERS);
  return Object.freeze({ wanted: objectWanted(undefined, members), isRight: Kinds.object.isRight });
}

/** The kind of an argument that is itself a table of kinds by member name. */
export const MEMBERS: ArgumentKind = Object.freeze({
  wanted: 'must be an object of argument kinds by member name',
  isRight: (value: unknown) =>
    Kinds.object.isRight(value) &&
    Object.values(value as object).every((kind: Partial<ArgumentKind> | null) => typeof kind?.isRight === 'function'),
});

/**
 * The problems of an options object; an empty list if there are none. `name` is the path of the object itself,
 * `options` by default.
 */
export function problemsOfOptions(
  options: unknown,
  members: Readonly<Record<string, ArgumentKind>>,
  name = 'options',
): FieldProblem[] {
  checkArgument('name', name, Kinds.string);
  checkArgument('members', members, MEMBERS);
  if (!Kinds.object.isRight(options)) return [{ path: name, message: objectWanted(options, members) }];
  const instance = instanceAsOptions(options as object, members);
  if (instance !== undefined) return [{ path: name, message: instance }];
  const problems = unknownMembers(options as object, Object.keys(members));
  for (const [path, { isRight, wanted }] of Object.entries(members))
    if (!isRight((options as Record<string, unknown>)[path])) problems.push({ path, message: wanted });
  return problems;
}
