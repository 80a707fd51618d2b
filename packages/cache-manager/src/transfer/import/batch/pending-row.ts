import type { CacheEntry } from '@pw/cache-models';
import type { KeySource } from '../rows/row-to-entry.ts';

/** A row with a valid proxy, ready to be stored. */
export interface PendingRow {
  readonly line: number;
  /** Credentials in its strings are masked. */
  readonly entry: CacheEntry;
  readonly keySource: KeySource;
}
