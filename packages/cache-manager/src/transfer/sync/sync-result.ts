import type { WarmProblem, WarmResult } from '../import/index.ts';

/** Why a synchronisation removed nothing although the source has unlisted entries. */
export const SYNC_REFUSALS = Object.freeze(['unreadable', 'incomplete', 'empty', 'most', 'failed'] as const);
export type SyncRefusalReason = (typeof SYNC_REFUSALS)[number];

/** Why a synchronisation did not remove entries. */
export interface SyncRefusal {
  /**
   * - `unreadable`: the list could not be read to the end, changed meanwhile, or has rows of which none could be
   *   loaded. Nothing was stored, unless the list changed after it was checked: in that case its rows were stored.
   * - `empty`: the list has no entries. Nothing was stored.
   * - `most`: more than half of the source's entries would have been removed. Nothing was stored.
   * - `failed`: a row failed; the other rows were stored.
   * - `incomplete`: a tier could not be read, so the entries of the source are not known; the list was stored.
   */
  readonly reason: SyncRefusalReason;
  /** What happened, without quoting the list. */
  readonly message: string;
  /** True if `force` would remove the entries anyway. */
  readonly canForce: boolean;
  /** Entries of the source that are not in the list. */
  readonly unlisted: number;
}

/** What happened to the entries of the source. Each entry counts once, however many rows it has. */
export interface SyncCounts {
  /** New in the cache. */
  readonly added: number;
  /** Existed and changed: credentials, labels, the spelling of the URL, or the source. */
  readonly updated: number;
  /** Existed and did not change, except for their expiry. */
  readonly kept: number;
  /** Updated entries that belonged to another source. */
  readonly adopted: number;
  /** No longer in the cache. */
  readonly removed: number;
}

/** What {@link import('../../cache-manager.ts').CacheManager.syncFrom} did. */
export interface SyncResult extends SyncCounts, Pick<WarmResult, 'skipped' | 'failed' | 'problemCount'> {
  /** The first hundred problems, as an import reports them. */
  readonly problems: readonly WarmProblem[];
  /** Why nothing was removed; `null` if every unlisted entry was removed. */
  readonly refused: SyncRefusal | null;
}
