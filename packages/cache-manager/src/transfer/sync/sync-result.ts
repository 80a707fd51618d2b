import type { WarmProblem, WarmResult } from '../import/index.ts';

/** Why a synchronisation removed nothing, although there were entries that the list does not name. */
export const SYNC_REFUSALS = Object.freeze(['unreadable', 'incomplete', 'empty', 'most', 'failed'] as const);
export type SyncRefusalReason = (typeof SYNC_REFUSALS)[number];

/** What kept a synchronisation from removing entries. */
export interface SyncRefusal {
  /**
   * - `unreadable`: the list could not be read to its end, or changed meanwhile, or nothing in it is a proxy. Nothing was stored.
   * - `empty`: the list names nothing. Nothing was stored.
   * - `most`: more than half of the source's entries would have gone. Nothing was stored.
   * - `failed`: a row failed; the others are stored.
   * - `incomplete`: a tier could not be read, so that it is not known what the source has; what the list names is stored.
   */
  readonly reason: SyncRefusalReason;
  /** What happened, in a sentence that quotes nothing of the list. */
  readonly message: string;
  /** True if `force` removes them all the same. */
  readonly canForce: boolean;
  /** Entries of the source that the list does not name. */
  readonly unlisted: number;
}

/** How many entries of the source a synchronisation has done what with. Each counts once, however many rows name it. */
export interface SyncCounts {
  /** New in the cache. */
  readonly added: number;
  /** There before, and changed: credentials, labels, the spelling of the URL, or the source. */
  readonly updated: number;
  /** There before, and as they were, but for their life. */
  readonly kept: number;
  /** Those of the updated that were another source's. */
  readonly adopted: number;
  /** No longer in the cache. */
  readonly removed: number;
}

/** What {@link import('../../cache-manager.ts').CacheManager.syncFrom} did. */
export interface SyncResult extends SyncCounts, Pick<WarmResult, 'skipped' | 'failed' | 'problemCount'> {
  /** As an import tells them: the first hundred. */
  readonly problems: readonly WarmProblem[];
  /** Why nothing was removed; `null` if all that the list does not name is gone. */
  readonly refused: SyncRefusal | null;
}
