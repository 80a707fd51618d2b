import { CacheEntry, CacheValidationError, isTooLongKey, MAX_KEY_BYTES } from '@pw/cache-models';
import { LONGEST_TIMER } from './longest-timer.ts';

/** Throws a CacheValidationError unless a key is a text of at most `MAX_KEY_BYTES` bytes. */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string') throw wrong('key', 'must be a text');
  if (isTooLongKey(key)) throw wrong('key', `must be at most ${MAX_KEY_BYTES} bytes long`);
}

/** Throws a CacheValidationError unless the entry is one, under its own key. */
export function checkEntry(key: unknown, entry: unknown): void {
  if (!CacheEntry.isCacheEntry(entry)) throw wrong('entry', 'must be a CacheEntry; make one with CacheEntry.create()');
  if (key !== entry.key) throw wrong('key', 'must be the key of the entry');
  checkKey(key);
}

/** Throws a CacheValidationError unless keys are a list of texts. */
export function checkKeys(keys: unknown): void {
  if (!Array.isArray(keys)) throw wrong('keys', 'must be a list of texts');
  for (const key of keys) checkKey(key);
}

/** Throws a CacheValidationError unless entries are a list of such. */
export function checkEntries(entries: unknown): void {
  if (!Array.isArray(entries)) throw wrong('entries', 'must be a list of CacheEntries');
  for (const entry of entries as { readonly key?: unknown }[]) checkEntry(entry?.key, entry);
}

/** Throws a CacheValidationError unless a load can be made of these. */
export function checkLoad(loader: unknown, options: unknown): void {
  if (typeof loader !== 'function') throw wrong('loader', 'must be a function');
  if (typeof options !== 'object' || options === null) throw wrong('options', 'must be an object');
  const { signal, timeoutMs } = options as { readonly signal?: unknown; readonly timeoutMs?: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong('signal', 'must be an AbortSignal');
  const isTime = typeof timeoutMs === 'number' && timeoutMs >= 1 && timeoutMs <= LONGEST_TIMER;
  if (timeoutMs !== undefined && !isTime)
    throw wrong('timeoutMs', 'must be a number of milliseconds from 1 to 2147483647');
}

function wrong(path: string, message: string): CacheValidationError {
  return new CacheValidationError(`${path}: ${message}`, { problems: [{ path, message }] });
}
