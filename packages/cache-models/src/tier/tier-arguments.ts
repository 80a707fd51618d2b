import { CacheEntry } from '../entry/cache-entry.ts';
import { isTooLongKey, MAX_KEY_BYTES } from '../entry/key-length.ts';
import type { FieldProblem } from '../errors/cache-error.ts';
import { isInstant } from '../time/instant.ts';
import type { AccessUpdate } from './cache-tier.ts';

const TOO_LONG = `must be at most ${MAX_KEY_BYTES} bytes long`;

/** The problem of the key of a lookup; `undefined` if it is valid. */
export function problemOfKey(key: unknown, path = 'key'): FieldProblem | undefined {
  if (typeof key !== 'string') return { path, message: 'must be a string' };
  return isTooLongKey(key) ? { path, message: TOO_LONG } : undefined;
}

/** True for a valid key. */
export function isPlainKey(key: unknown): key is string {
  return typeof key === 'string' && !isTooLongKey(key);
}

/**
 * True for most pairs of a key and an entry that may be put. False for an entry of another copy of this package, which
 * {@link problemOfEntry} then checks.
 */
export function isPlainPut(key: unknown, entry: unknown): boolean {
  if (!isPlainKey(key) || key === '' || typeof entry !== 'object' || entry === null) return false;
  return Object.getPrototypeOf(entry) === CacheEntry.prototype && (entry as CacheEntry).key === key;
}

/** The problem of an entry and the key that it is put under; `undefined` if both are valid. */
export function problemOfEntry(key: unknown, entry: unknown): FieldProblem | undefined {
  if (!CacheEntry.isCacheEntry(entry)) {
    return { path: 'entry', message: 'must be a CacheEntry; make one with CacheEntry.create()' };
  }
  if (typeof key !== 'string' || key === '') return { path: 'key', message: 'must be a non-empty string' };
  if (key !== entry.key) return { path: 'key', message: 'must be the key of the entry' };
  return isTooLongKey(key) ? { path: 'key', message: TOO_LONG } : undefined;
}

/** The first problem of the keys of a batch; `undefined` if all are valid. */
export function problemOfKeys(keys: unknown): FieldProblem | undefined {
  if (!Array.isArray(keys)) return { path: 'keys', message: 'must be a list of strings' };
  const at = keys.findIndex((key) => problemOfKey(key) !== undefined);
  return at === -1 ? undefined : problemOfKey(keys[at], `keys[${at}]`);
}

/**
 * The first problem of access metadata; `undefined` if it is valid. Checked because a store would turn a NaN into
 * another value.
 */
export function problemOfUpdates(updates: unknown): FieldProblem | undefined {
  if (!Array.isArray(updates)) return { path: 'updates', message: 'must be a list of access updates' };
  const at = updates.findIndex((update) => !isUpdate(update));
  if (at === -1) return undefined;
  const message = `must have a key of at most ${MAX_KEY_BYTES} bytes, hits of 0 or more, a lastAccessed and optionally an evictedFromL1`;
  return { path: `updates[${at}]`, message };
}

function isUpdate(value: unknown): value is AccessUpdate {
  if (typeof value !== 'object' || value === null) return false;
  const { key, hits, lastAccessed, evictedFromL1 } = value as Partial<AccessUpdate>;
  if (problemOfKey(key) !== undefined || !Number.isSafeInteger(hits) || hits! < 0) return false;
  if (typeof lastAccessed !== 'number' || !isInstant(lastAccessed)) return false;
  return evictedFromL1 === undefined || typeof evictedFromL1 === 'boolean';
}
