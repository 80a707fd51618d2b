/** How far answers from memory may lag behind other processes, and what was done to keep that promise. */
export interface StalenessReport {
  /** The option `maxStalenessMs` of the cache, in milliseconds. */
  readonly maxMs: number;
  /** How often the persistent tiers were asked for changes by others. */
  readonly polls: number;
  /** How often one of them could not be asked: copies in memory may then lag behind without a limit. */
  readonly failedPolls: number;
  /** How often copies in memory were dropped because others had changed an entry. */
  readonly dropped: number;
  /**
   * How often a persistent tier answered although the lowest one has not been reached since the cache was opened: the
   * entry may not be the one that was written last.
   */
  readonly doubtful: number;
}
