import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import { CacheValidationError } from '../errors/cache-error.ts';
import { ignoreRejection } from '../ignore-rejection.ts';

/** For tiers: what `change` of `update` and `health.record` must be. */
export const ENTRY_CHANGE: ArgumentKind = Object.freeze({
  wanted: 'must be a function that changes an entry',
  isRight: Kinds.function.isRight,
});

/**
 * For tiers: the entry that the `change` of `health.record` makes of the stored one. Throws a CacheValidationError if
 * `change` throws, or returns anything other than an entry of the same key.
 */
export function changedEntry(entry: CacheEntry, change: (entry: CacheEntry) => CacheEntry): CacheEntry {
  const changed = resultOf(entry, change);
  checkArgument('change()', changed, {
    wanted: 'must be an entry of the same key',
    isRight: (value) => isEntryOf(entry.key, value),
  });
  return changed as CacheEntry;
}

/**
 * For tiers: what the `change` of `update` makes of the stored entry; `null` removes it. Throws a CacheValidationError
 * if `change` throws, or returns anything other than `null` or an entry of the same key.
 */
export function changedOrRemoved(
  entry: CacheEntry,
  change: (entry: CacheEntry) => CacheEntry | null,
): CacheEntry | null {
  const changed = resultOf(entry, change);
  checkArgument('change()', changed, {
    wanted: 'must be null or an entry of the same key',
    isRight: (value) => value === null || isEntryOf(entry.key, value),
  });
  return changed as CacheEntry | null;
}

function isEntryOf(key: string, value: unknown): boolean {
  return Kinds.entry.isRight(value) && (value as CacheEntry).key === key;
}

/** A change that throws is a wrong argument, and not a fault of the store. */
function resultOf(entry: CacheEntry, change: (entry: CacheEntry) => unknown): unknown {
  checkArgument('entry', entry, Kinds.entry);
  checkArgument('change', change, ENTRY_CHANGE);
  try {
    const changed = change(entry);
    ignoreRejection(changed);
    return changed;
  } catch (error) {
    if (error instanceof CacheValidationError) throw error;
    const problem = { path: 'change', message: 'must not throw' };
    throw new CacheValidationError('change: must not throw', { problems: [problem], cause: error });
  }
}
