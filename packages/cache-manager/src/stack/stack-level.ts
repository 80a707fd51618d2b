import type { CacheEntry, MaybePromise, RemovalReason } from '@pw/cache-models';
import type { AccessUpdate, HealthCheck } from '@pw/cache-models/tier';

/**
 * Called with a key that others have changed, and the version of that change: copies of an older version are outdated.
 * The key `null` stands for any key, a version of Infinity for an unknown one. After an update, accesses that were
 * counted and are not stored yet still count.
 */
export type ChangeReport = (key: string | null, version: number, isUpdate?: boolean) => void;

/** Called for each slice of a batch before and after it is stored. */
export interface SliceHooks {
  before?(slice: readonly CacheEntry[]): void;
  after?(slice: readonly CacheEntry[]): void;
}

/** What became of an entry that was put. */
export interface StoredEntry {
  /** The entry as it is stored, with its version; `undefined` if no tier of the level has stored it. */
  readonly entry: CacheEntry | undefined;
  /** For each tier of the level, whether it has stored the entry. */
  readonly stored: readonly boolean[];
  /** True if something newer is there, so that no copy of the entry may be kept. */
  readonly isOutdated?: boolean | undefined;
}

/** What became of entries that were put. */
export interface StoredEntries {
  /** As in {@link StoredEntry.entry}, in the order of the entries. */
  readonly entries: readonly (CacheEntry | undefined)[];
  /** For each entry, whether at least one tier of the level has stored it. */
  readonly stored: readonly boolean[];
  /**
   * Keys that others have changed since the expected version, of which nothing was written; and keys of which something
   * newer is there. No copy of these entries may be kept.
   */
  readonly outdated?: ReadonlySet<string> | undefined;
}

/**
 * The versions of the entries that a batch was worked out from, by key; 0 for none. A level over which processes agree
 * writes no key that has another version by now.
 */
export type ExpectedVersions = ReadonlyMap<string, number>;

export interface LevelUpdateOptions {
  /** A health check to be added to the history, with the update. */
  readonly check?: HealthCheck | undefined;
  /** The reason under which a removal is counted. */
  readonly reason?: RemovalReason | undefined;
}

/**
 * A level of a stack: a tier, or several persistent tiers that agree with each other and behave like one. Nothing here
 * throws, rejects or hangs. Operations on a key run under its lock, except reads of the first level. `T` is a tier.
 */
export interface StackLevel<T = unknown> {
  /** The position of the level in the stack, from 0: the order in which levels are read. */
  readonly level: number;
  /** The tiers of this level, the fastest first. */
  readonly tiers: readonly T[];
  /** True if an entry survives the process, or other processes see it. */
  readonly isDurable: boolean;
  readonly isSynchronous: boolean;
  /** True if the level returns entries that expire before they would elsewhere. */
  readonly capsTtl: boolean;
  readonly countsAccesses: boolean;
  /** The tier that a query of the level may be given to, if it alone would give the right answer now. */
  readonly queried: T | undefined;
  /** True if an entry that was put and not deleted since is still here, unless it has expired. */
  readonly keepsEverything: boolean;
  /** How often the level has returned an entry that may not be the one written last. */
  readonly doubtful: number;

  /** Call it once the tiers are open. */
  start(): Promise<void>;
  now(): number;
  get(key: string): MaybePromise<CacheEntry | undefined>;
  getMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]>;
  /** The tier that answered the last `get` or `getMany` of a key. */
  answeredBy(key: string): T;
  peek(key: string): MaybePromise<CacheEntry | undefined>;
  peekMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]>;
  has(key: string): MaybePromise<boolean>;
  keys(): MaybePromise<readonly string[]>;
  entries(): AsyncIterable<CacheEntry>;
  /** True if a value that the level may have of the key must not be used. */
  hasMissed(key: string): boolean;

  store(entry: CacheEntry): MaybePromise<StoredEntry>;
  storeMany(
    entries: readonly CacheEntry[],
    hooks?: SliceHooks,
    expected?: ExpectedVersions,
  ): MaybePromise<StoredEntries>;
  /** Like `storeMany`, without slicing. */
  storeManyInOneStep(entries: readonly CacheEntry[]): MaybePromise<StoredEntries>;
  delete(key: string, reason?: RemovalReason): MaybePromise<boolean>;
  /** Removes keys, unless they have another version than expected. Returns which had a live entry that is removed. */
  deleteMany(keys: readonly string[], expected?: ExpectedVersions): MaybePromise<readonly boolean[]>;
  clear(): MaybePromise<void>;
  /**
   * Changes the newest entry of a key as one atomic step over all processes. Returns the entry as it is stored, `null`
   * if it was removed, `undefined` if there is none, and `'unable'` if the level cannot do that now.
   */
  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    options: LevelUpdateOptions,
  ): MaybePromise<CacheEntry | null | undefined | 'unable'>;
  /** See `ManagedTier.recordAccess`. */
  recordAccess(
    updates: readonly AccessUpdate[],
    onStored: (updates: readonly AccessUpdate[]) => void,
  ): Promise<{ readonly hasFailed: Promise<boolean> } | undefined>;
  /** The hits of a key that the level missed and that it will get later. */
  missedHits(key: string): number;
  cleanupExpired(): MaybePromise<number>;

  subscribe(report: ChangeReport): () => void;
  /** Reports the changes that others made before this call to the listener. False if that cannot be known. */
  poll(): MaybePromise<boolean>;
  recoverIfDue(): void;
  catchUp(): Promise<void>;
}
