import type { CacheEntry } from '@pw/cache-models';
import { stampEntry } from '@pw/cache-models/tier';
import type { RowStore } from './row-store.ts';

/** What to do with an entry, besides changing it. */
export interface RowChange {
  /** Epoch milliseconds. */
  readonly now: number;
  /** The version will be above this one. */
  readonly after?: number | undefined;
  /** Called with the entry that was found, once what `change` made of it is stored. */
  readonly onStored?: ((before: CacheEntry) => void) | undefined;
}

/**
 * Replaces the live entry of a key by what `change` makes of it, or removes it if that is `null`. Runs inside a write
 * transaction. Returns the entry as it is stored, `null` if it was removed, `undefined` if there is no live one. Throws
 * what `change` throws, and like `decode`.
 */
export function changeRow(
  store: RowStore,
  key: string,
  change: (entry: CacheEntry) => CacheEntry | null,
  { now, after = 0, onStored }: RowChange,
): CacheEntry | null | undefined {
  const row = store.selectRow(key);
  if (row === undefined) return undefined;
  const entry = store.decode(row);
  if (entry.isExpiredAt(now)) return undefined;
  const changed = change(entry);
  if (changed === null) {
    store.remove(key, now, after);
    return null;
  }
  const { version } = store.put(changed, now, after, true);
  onStored?.(entry);
  return stampEntry(changed, version);
}
