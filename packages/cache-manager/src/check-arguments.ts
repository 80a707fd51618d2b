import { CacheEntry, CacheValidationError, MAX_KEY_BYTES, type Secret } from '@pw/cache-models';
import { type ArgumentKind, checkOptionsObject, isTooLongKey, Kinds, nullable, optional } from '@pw/cache-models/tier';
import type { LoadOptions } from './load/entry-loader.ts';
import { MAX_FIELD_CHARACTERS, MAX_TEXT_CHARACTERS, MAX_TOKEN_BYTES } from './transfer/import/import-limits.ts';

/** Throws a CacheValidationError unless a key is a string of at most `MAX_KEY_BYTES` bytes. */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string' || isTooLongKey(key)) throw wrong('key', problemOfKey(key));
}

/**
 * Throws a CacheValidationError unless `entry` is a CacheEntry with this key, and within the size limits of an import.
 */
export function checkEntry(key: unknown, entry: unknown): asserts entry is CacheEntry {
  if (!CacheEntry.isCacheEntry(entry)) throw wrong('entry', Kinds.entry.wanted);
  if (key !== entry.key) throw wrong('key', 'must be the key of the entry');
  checkKey(key);
  const problem = problemOfSize(entry);
  if (problem !== undefined) throw wrong('entry', problem);
}

/** Throws a CacheValidationError unless `keys` is an array of valid keys. */
export function checkKeys(keys: unknown): void {
  if (!Array.isArray(keys)) throw wrong('keys', Kinds.strings.wanted);
  for (let i = 0; i < keys.length; i++) {
    const key: unknown = keys[i];
    if (typeof key !== 'string' || isTooLongKey(key)) throw wrong(`keys[${i}]`, problemOfKey(key));
  }
}

/** Throws a CacheValidationError unless `entries` is an array of valid entries. */
export function checkEntries(entries: unknown): void {
  if (!Array.isArray(entries)) throw wrong('entries', 'must be a list of CacheEntries');
  for (let i = 0; i < entries.length; i++) {
    const entry: unknown = entries[i];
    if (!CacheEntry.isCacheEntry(entry)) throw wrong(`entries[${i}]`, Kinds.entry.wanted);
    if (isTooLongKey(entry.key)) throw wrong(`entries[${i}].key`, problemOfKey(entry.key));
    const problem = problemOfSize(entry);
    if (problem !== undefined) throw wrong(`entries[${i}]`, problem);
  }
}

const LOAD_OPTIONS: Readonly<Record<keyof LoadOptions, ArgumentKind>> = Object.freeze({
  signal: optional(Kinds.signal),
  timeoutMs: nullable(Kinds.milliseconds),
  staleWhileRevalidate: optional({
    wanted: 'must be a number of seconds, 0 or more',
    isRight: (value) => Number.isFinite(value) && (value as number) >= 0,
  }),
});

/** Throws a CacheValidationError for invalid arguments of `getOrLoad`. */
export function checkLoad(loader: unknown, options: unknown): void {
  if (typeof loader !== 'function') throw wrong('loader', Kinds.function.wanted);
  if (!isObviouslyValid(options)) checkOptionsObject(options, LOAD_OPTIONS, { what: 'getOrLoad' });
}

/** A fast path for nearly all calls: it costs a fraction of what listing all problems costs. */
function isObviouslyValid(options: unknown): boolean {
  if (options === NO_OPTIONS) return true;
  if (typeof options !== 'object' || options === null || Object.getPrototypeOf(options) !== Object.prototype)
    return false;
  for (const name in options) {
    if (!Object.hasOwn(LOAD_OPTIONS, name)) return false;
    const member = name as keyof LoadOptions;
    if (!LOAD_OPTIONS[member].isRight((options as LoadOptions)[member])) return false;
  }
  return true;
}

/** The options of a load without options. They are known to be valid. */
export const NO_OPTIONS: LoadOptions = Object.freeze({});

function problemOfKey(key: unknown): string {
  return typeof key === 'string' ? `must be at most ${MAX_KEY_BYTES} bytes long` : Kinds.string.wanted;
}

function wrong(path: string, message: string): CacheValidationError {
  return new CacheValidationError(`${path}: ${message}`, { problems: [{ path, message }] });
}

/**
 * Describes the first member of an entry that is too long to be imported again after an export; `undefined` if there is
 * none. An entry without such a member fits in one line of an export, in every mode. A credential is decrypted only if
 * the size of its token is inconclusive.
 */
export function problemOfSize({
  proxyUrl,
  username,
  password,
  source,
  lastHealthError,
}: CacheEntry): string | undefined {
  if (proxyUrl.length > MAX_FIELD_CHARACTERS) return tooLong('proxyUrl', MAX_FIELD_CHARACTERS);
  if (source.length > MAX_TEXT_CHARACTERS) return tooLong('source', MAX_TEXT_CHARACTERS);
  if (lastHealthError !== null && lastHealthError.length > MAX_TEXT_CHARACTERS)
    return tooLong('lastHealthError', MAX_TEXT_CHARACTERS);
  if (isTooLong(username)) return tooLong('username', MAX_FIELD_CHARACTERS);
  return isTooLong(password) ? tooLong('password', MAX_FIELD_CHARACTERS) : undefined;
}

function tooLong(name: string, limit: number): string {
  return `${name} must be at most ${limit.toLocaleString('en')} characters long`;
}

function isTooLong(secret: Secret | null): boolean {
  if (secret === null || secret.size <= MAX_FIELD_CHARACTERS) return false;
  // The size of a sealed secret is that of its token. A token within its limit is cheap enough to decrypt and measure.
  return secret.size > MAX_TOKEN_BYTES || lengthOf(secret) > MAX_FIELD_CHARACTERS;
}

/** The length of the plain text; 0 for a secret that no key opens: it is stored unchanged. */
function lengthOf(secret: Secret): number {
  try {
    return secret.reveal().length;
  } catch {
    return 0;
  }
}
