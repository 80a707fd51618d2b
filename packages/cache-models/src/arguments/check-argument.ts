import { CacheValidationError, type FieldErrorOptions, type FieldProblem } from '../cache-error.ts';
import { unknownMembers } from '../unknown-members.ts';
import { type ArgumentKind, Kinds } from './argument-kinds.ts';

/** Throws a CacheValidationError that names the argument, and never quotes it, unless it is of its kind. */
export function checkArgument(name: string, value: unknown, { isRight, wanted }: ArgumentKind): void {
  if (!isRight(value))
    throw new CacheValidationError(`${name}: ${wanted}`, { problems: [{ path: name, message: wanted }] });
}

export interface CheckOptionsOptions {
  /** Begins the message, such as the name of the function. */
  readonly what: string;
  /** Name of the argument. Default `options`. */
  readonly name?: string | undefined;
  /** Default CacheValidationError; constructors take CacheConfigError. */
  readonly error?: (new (message: string, options: FieldErrorOptions) => Error) | undefined;
}

/**
 * Checks an options object: that it is one, that every member is known and of its kind. Throws one error that lists all problems, each with
 * its member, and quotes no value.
 *
 * @example
 * checkOptionsObject(options, { signal: optional(Kinds.signal) }, { what: 'getOrLoad' });
 */
export function checkOptionsObject(
  options: unknown,
  members: Readonly<Record<string, ArgumentKind>>,
  { what, name = 'options', error = CacheValidationError }: CheckOptionsOptions,
): void {
  const problems = problemsOfOptions(options, members, name);
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new error(`${what}: ${list}`, { problems });
}

/** What is wrong with an options object; nothing for a right one. */
export function problemsOfOptions(
  options: unknown,
  members: Readonly<Record<string, ArgumentKind>>,
  name = 'options',
): FieldProblem[] {
  if (!Kinds.object.isRight(options)) return [{ path: name, message: Kinds.object.wanted }];
  const problems = unknownMembers(options as object, Object.keys(members));
  for (const [path, { isRight, wanted }] of Object.entries(members))
    if (!isRight((options as Record<string, unknown>)[path])) problems.push({ path, message: wanted });
  return problems;
}
