import { brandOf, hasBrand } from '../brand.ts';
import { CacheValidationError } from '../errors/cache-error.ts';

/** What an argument must be: a test, and the words that follow the argument's name in an error. */
export interface ArgumentKind {
  readonly isRight: (value: unknown) => boolean;
  /** Such as `must be a string`. */
  readonly wanted: string;
}

const LONGEST_TIMER = 2 ** 31 - 1;

function kind(wanted: string, isRight: (value: unknown) => boolean): ArgumentKind {
  return Object.freeze({ wanted, isRight });
}

const ENTRY = brandOf('CacheEntry');
const SECRET = brandOf('Secret');

/** The kinds of arguments that public functions take. */
export const Kinds = Object.freeze({
  string: kind('must be a string', (value) => typeof value === 'string'),
  nonEmptyString: kind('must be a non-empty string', (value) => typeof value === 'string' && value !== ''),
  boolean: kind('must be true or false', (value) => typeof value === 'boolean'),
  number: kind('must be a number', (value) => typeof value === 'number' && !Number.isNaN(value)),
  function: kind('must be a function', (value) => typeof value === 'function'),
  bytes: kind('must be bytes (a Uint8Array)', (value) => value instanceof Uint8Array),
  signal: kind('must be an AbortSignal', (value) => value instanceof AbortSignal),
  object: kind('must be an object', isPlainEnough),
  list: kind('must be a list', (value) => Array.isArray(value)),
  strings: kind(
    'must be a list of strings',
    // Uses `findIndex`, because `every` skips holes.
    (value) => Array.isArray(value) && value.findIndex((item) => typeof item !== 'string') === -1,
  ),
  entry: kind('must be a CacheEntry; make one with CacheEntry.create()', (value) => hasBrand(value, ENTRY)),
  secret: kind('must be a Secret', (value) => hasBrand(value, SECRET)),
  path: kind(
    'must be a path: a non-empty string without NUL',
    (value) => typeof value === 'string' && value !== '' && !value.includes('\0'),
  ),
  clock: kind('must be a clock, with a function now', (value) => hasFunctions(value, ['now'])),
  logger: kind('must be a logger, with the functions debug, info, warn and error', (value) =>
    hasFunctions(value, ['debug', 'info', 'warn', 'error']),
  ),
  cipher: kind('must be a cipher, with the functions encrypt and decrypt', (value) =>
    hasFunctions(value, ['encrypt', 'decrypt']),
  ),
  milliseconds: kind(
    `must be a number of milliseconds from 1 to ${LONGEST_TIMER}`,
    (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_TIMER,
  ),
});

/** A whole number from `least` to `most`, both included. Default: 0 to 2^53 - 1. */
export function wholeNumber(least = 0, most: number = Number.MAX_SAFE_INTEGER): ArgumentKind {
  if (!Number.isSafeInteger(least)) throw wrong('least', 'must be a whole number');
  if (!Number.isSafeInteger(most)) throw wrong('most', 'must be a whole number');
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  return kind(
    `must be a whole number ${bounds}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );
}

/** One of the given strings. */
export function oneOf(choices: readonly string[]): ArgumentKind {
  if (!Kinds.strings.isRight(choices)) throw wrong('choices', Kinds.strings.wanted);
  const quoted = choices.map((choice) => JSON.stringify(choice));
  const list = quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return kind(`must be ${list}`, (value) => (choices as readonly unknown[]).includes(value));
}

/** The same kind, or `undefined`. */
export function optional(same: ArgumentKind): ArgumentKind {
  if (!isKind(same)) throw wrong('same', KIND);
  const { wanted, isRight } = same;
  return kind(wanted, (value) => value === undefined || isRight(value));
}

/** The same kind, or `null` or `undefined`. */
export function nullable(same: ArgumentKind): ArgumentKind {
  if (!isKind(same)) throw wrong('same', KIND);
  const { wanted, isRight } = same;
  return kind(`${wanted}, or null`, (value) => value == null || isRight(value));
}

const KIND = 'must be a kind of argument: { wanted, isRight }';

function isKind(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { wanted, isRight } = value as Partial<ArgumentKind>;
  return typeof wanted === 'string' && typeof isRight === 'function';
}

/** Kinds are created when a module loads: a wrong one is a mistake in the program. */
function wrong(path: string, message: string): CacheValidationError {
  return new CacheValidationError(`${path}: ${message}`, { problems: [{ path, message }] });
}

/** False for lists, bytes, dates and maps: objects in JavaScript, but not objects with named members. */
function isPlainEnough(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  // The usual case, at a tenth of the cost.
  if (Object.getPrototypeOf(value) === Object.prototype) return true;
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Functions are accepted too: a class with static methods can be a clock. */
function hasFunctions(value: unknown, names: readonly string[]): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
