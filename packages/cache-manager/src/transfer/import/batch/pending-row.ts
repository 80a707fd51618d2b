import type { CacheEntry } from '@pw/cache-models';
import type { KeySource } from '../rows/row-to-entry.ts';

/** A row that holds a proxy. */
export interface PendingRow {
  readonly line: number;
  /** Its texts are masked. */
  readonly entry: CacheEntry;
  readonly keySource: KeySource;
}
