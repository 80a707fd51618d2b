import type { MaybePromise, RemovalReason } from '@pw/cache-models';
import type { EntryRow } from './rows/entry-row.ts';
import type { RowStore } from './rows/row-store.ts';

/** What the optional parts of a tier use of it. */
export interface TierWork {
  /** Whether a manager uses the tier above a base: what other programs write is then marked. */
  readonly role: { isMiddle: boolean };
  /** By the tier's clock, in epoch milliseconds. */
  readonly now: () => number;
  /**
   * Opens the tier first. While it is off, and after a fault of the database, which is counted, the result is
   * `fallback`.
   */
  readonly run: <R>(fallback: R, work: () => R) => R;
  /** Counts a removal. */
  readonly removed: (reason: RemovalReason) => void;
  /** Throws if another file is where the open database was; the next operation opens that one. */
  readonly checkFile: () => void;
  /** Runs reads on the open database. */
  readonly withStore: <T>(work: (store: RowStore) => T) => T;
  /**
   * Runs work in one write transaction. `timeoutMs`: it begins within this time, or never. Returns a promise only if
   * the tier's `whenLocked` allows it.
   */
  readonly transact: <T>(work: (store: RowStore) => T, timeoutMs?: number) => MaybePromise<T>;
  /**
   * Runs work in one write transaction at once; `'locked'`, and nothing has happened, if another connection has the
   * lock.
   */
  readonly transactNow: <T>(work: (store: RowStore) => T) => T | 'locked';
  /** Sets a damaged row aside, and counts it. */
  readonly setAside: (error: unknown, row: EntryRow) => void;
}
