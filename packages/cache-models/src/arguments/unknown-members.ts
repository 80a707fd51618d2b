import type { FieldProblem } from '../errors/cache-error.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { Kinds } from './argument-kinds.ts';
import { checkArgument } from './check-argument.ts';
import { hintFor } from './suggest.ts';

/**
 * One problem for each unknown member of an options object, with the known member that is most likely meant. Without
 * this check a misspelt option would be silently ignored.
 *
 * @example
 * ```ts
 * unknownMembers({ maxEntrys: 5 }, ['maxEntries']); // [{ path: 'maxEntrys', message: 'unknown option; did you mean maxEntries?' }]
 * ```
 */
export function unknownMembers(options: object, known: readonly string[]): FieldProblem[] {
  if (!Kinds.object.isRight(options)) checkArgument('options', options, Kinds.object);
  if (!Kinds.strings.isRight(known)) checkArgument('known', known, Kinds.strings);
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: maskCredentials(name), message: `unknown option${hintFor(name, known)}` }));
}
