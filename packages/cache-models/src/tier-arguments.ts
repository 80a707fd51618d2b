import { CacheEntry } from './cache-entry.ts';
import type { FieldProblem } from './cache-error.ts';
import type { AccessUpdate } from './cache-tier.ts';
import { isInstant } from './instant.ts';

/** What is wrong with an entry and the key it is put under; `undefined` when nothing is. */
export function problemOfEntry(key: unknown, entry: unknown): FieldProblem | undefined {
  if (!CacheEntry.isCacheEntry(entry)) {
    return { path: 'entry', message: 'must be a CacheEntry; make one with CacheEntry.create()' };
  }
  if (typeof key !== 'string' || key === '') return { path: 'key', message: 'must be a non-empty text' };
  return key === entry.key ? undefined : { path: 'key', message: 'must be the key of the entry' };
}

/** What is wrong with the keys of a batch; `undefined` when nothing is. */
export function problemOfKeys(keys: unknown): FieldProblem | undefined {
  if (!Array.isArray(keys)) return { path: 'keys', message: 'must be a list of texts' };
  const at = keys.findIndex((key) => typeof key !== 'string');
  return at === -1 ? undefined : { path: `keys[${at}]`, message: 'must be a text' };
}

/** What is wrong with access metadata; `undefined` when nothing is. A store would keep a NaN as something else. */
export function problemOfUpdates(updates: unknown): FieldProblem | undefined {
  if (!Array.isArray(updates)) return { path: 'updates', message: 'must be a list of access updates' };
  const at = updates.findIndex((update) => !isUpdate(update));
  if (at === -1) return undefined;
  const message = 'must have a key, an accessCount of 0 or more, a lastAccessed and perhaps an evictedFromL1';
  return { path: `updates[${at}]`, message };
}

function isUpdate(value: unknown): value is AccessUpdate {
  if (typeof value !== 'object' || value === null) return false;
  const { key, accessCount, lastAccessed, evictedFromL1 } = value as Partial<AccessUpdate>;
  if (typeof key !== 'string' || !Number.isSafeInteger(accessCount) || accessCount! < 0) return false;
  if (typeof lastAccessed !== 'number' || !isInstant(lastAccessed)) return false;
  return evictedFromL1 === undefined || typeof evictedFromL1 === 'boolean';
}
