import type { CacheEntry } from '../entry/cache-entry.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type { LoggedWrite } from './tier-log.ts';

/**
 * The marks of a tier by key: what the base may miss. A value of 0 marks the entry that the tier has; any other value
 * is the version of a removal, and a newer entry of the tier counts all the same. The key `null` marks everything.
 */
export type Marks = ReadonlyMap<string | null, number>;

/** What a tier has of a key, as read under its lock. */
export interface MarkedRecord {
  /** The entry, live or expired; `undefined` if there is none, or none that can be read. Read when first asked for. */
  readonly entry: CacheEntry | undefined;
  /** The mark of the key, or of everything if that is higher; `undefined` if neither is marked. */
  readonly mark: number | undefined;
}

/** What to make of a record. What is absent stays as it is. */
export interface RecordChange {
  /**
   * Stores an entry, with its version.
   *
   * @default none is stored
   */
  readonly put?: CacheEntry | undefined;
  /**
   * Removes the entry.
   *
   * @default false
   */
  readonly drop?: boolean | undefined;
  /**
   * Removes the mark of the key.
   *
   * @default false
   */
  readonly unmark?: boolean | undefined;
}

/**
 * How a tier above the base takes part in the agreement between the tiers (`docs/decisions/order-and-recovery.md`). It
 * stores the version of an entry with it, and returns it with every read ({@link versionOf}). A persistent tier without
 * marks is a cache of the base, and emptied whenever the cache is opened (`docs/extend/capabilities.md`).
 *
 * The functions given here are called once a process holds the lock that protects the key, right before the store is
 * changed; no process can change the key in between. They return values, never promises, and do not call the tier.
 * A function that throws ends the operation with its error, and nothing is changed.
 *
 * A mark is stored before the record that it concerns, and removed after the change that makes it needless is as
 * durable as a put. Marked entries are neither evicted nor removed when they expire; `put`, `delete` and `clear` of the
 * tier leave the marks as they are.
 *
 * As everywhere, nothing throws for a fault of the store: the answer is then `undefined`, and a failure is counted.
 */
export interface TierMarks {
  /** The marks, as they are now. Cheap if there are none, which is the rule. */
  read(): MaybePromise<Marks | undefined>;
  /**
   * True if the key, or everything, is marked now. Asked before each write, so it must cost little: an asynchronous
   * tier may answer without a promise. `undefined` after a fault.
   */
  isMarked(key: string): MaybePromise<boolean | undefined>;
  /**
   * Stores those entries that are still wanted under the lock, and removes the marks of their keys. Returns which were
   * stored. `mark` is as in {@link MarkedRecord}.
   */
  putIf(
    entries: readonly CacheEntry[],
    isWanted: (entry: CacheEntry, mark: number | undefined) => boolean,
  ): MaybePromise<readonly boolean[] | undefined>;
  /** Removes those keys that are still unwanted under the lock, with their marks. Returns which had a live entry. */
  deleteIf(
    keys: readonly string[],
    isUnwanted: (key: string, mark: number | undefined) => boolean,
  ): MaybePromise<readonly boolean[] | undefined>;
  /**
   * Takes writes that the base cannot take: marks the key, then stores the entry or removes it. Each gets a version
   * ({@link nextVersionAlone}) above `after`, above the version of the tier's own entry and above the mark. Begins
   * within `timeoutMs` milliseconds, or never. Returns the versions.
   */
  writeAlone(
    writes: readonly LoggedWrite[],
    options: { readonly after: number; readonly timeoutMs: number },
  ): MaybePromise<readonly number[] | undefined>;
  /**
   * Changes the live entry of a key alone, read and written as one step under the lock. `change` returns the new entry,
   * `null` to remove it, or `undefined` to leave everything as it is. An entry that is older than the mark of a removal
   * is not live; `change` is not called without a live one. Mark, version and time are as in `writeAlone`. Returns the
   * entry as it is stored, with its version, `null` if it was removed, and `undefined` if nothing was changed.
   */
  updateAlone(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null | undefined,
    options: { readonly after: number; readonly timeoutMs: number },
  ): MaybePromise<CacheEntry | null | undefined>;
  /** Like `writeAlone`, for a removal of everything. Returns its version. */
  clearAlone(options: { readonly after: number; readonly timeoutMs: number }): MaybePromise<number | undefined>;
  /** Removes every entry that is older than a version, and every mark that is not above it. False after a fault. */
  clearOlder(version: number): MaybePromise<boolean>;
  /** The keys of entries without a version: another program wrote them. In no order. */
  withoutVersion(): MaybePromise<readonly string[] | undefined>;
  /** Marks everything: the base may miss any entry of the tier. */
  markAll(): MaybePromise<boolean>;
  /** Removes the mark of everything, if it still is `mark`. */
  unmarkAll(mark: number): MaybePromise<boolean>;
  /** Reads a record and changes it, under the lock. True if `decide` was called and its change was made. */
  change(key: string, decide: (found: MarkedRecord) => RecordChange | undefined): MaybePromise<boolean>;
}
