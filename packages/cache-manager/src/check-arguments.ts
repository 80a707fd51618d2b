import { CacheEntry, CacheValidationError } from '@pw/cache-models';

/** Throws a CacheValidationError unless a key is a text. */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string') throw wrong('key', 'must be a text');
}

/** Throws a CacheValidationError unless the entry is one, under its own key. */
export function checkEntry(key: unknown, entry: unknown): void {
  if (!CacheEntry.isCacheEntry(entry)) throw wrong('entry', 'must be a CacheEntry; make one with CacheEntry.create()');
  if (key !== entry.key) throw wrong('key', 'must be the key of the entry');
}

function wrong(path: string, message: string): CacheValidationError {
  return new CacheValidationError(`${path}: ${message}`, { problems: [{ path, message }] });
}
