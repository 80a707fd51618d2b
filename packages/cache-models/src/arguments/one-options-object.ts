import { CacheConfigError } from '../errors/cache-error.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { Kinds } from './argument-kinds.ts';
import { checkArgument } from './check-argument.ts';

const MOST_NAMES = 4;

/**
 * Throws a CacheConfigError if a function that takes one options object was given more: JavaScript would ignore the
 * rest. `what` begins the message, `more` are the other arguments, and `likely` shows the options object that may be
 * meant by a value that is not an object.
 *
 * @example
 * ```ts
 * function openStore(options: TierOptions, ...more: readonly unknown[]) {
 *   checkOneOptionsObject('openStore', more, '{ maxEntries, cipher }');
 *   return options.maxEntries;
 * }
 * ```
 */
export function checkOneOptionsObject(what: string, more: readonly unknown[], likely: string): void {
  checkArgument('what', what, Kinds.string, CacheConfigError);
  checkArgument('more', more, Kinds.list, CacheConfigError);
  checkArgument('likely', likely, Kinds.string, CacheConfigError);
  const index = more.findIndex((value) => value !== undefined);
  if (index === -1) return;
  const path = `arguments[${index + 1}]`;
  const message = `there is one options object: write ${wanted(more[index], likely)}`;
  throw new CacheConfigError(`${what}: ${path}: ${message}`, { problems: [{ path, message }] });
}

/** The members of a second object belong into the first. */
function wanted(given: unknown, likely: string): string {
  const isPlain = Kinds.object.isRight(given) && Object.getPrototypeOf(given) === Object.prototype;
  const names = isPlain ? Object.keys(given as object).map((name) => maskCredentials(name.slice(0, 40))) : [];
  if (names.length === 0) return likely;
  const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), '…'] : names;
  return `{ …, ${shown.join(', ')} }, with all members in the first argument`;
}
