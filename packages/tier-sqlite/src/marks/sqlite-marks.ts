import { type CacheEntry, CacheError, type MaybePromise } from '@pw/cache-models';
import {
  checkArgument,
  ENTRY_CHANGE,
  ignoreRejection,
  Kinds,
  type LoggedWrite,
  type LoggedWriteOptions,
  type MarkedRecord,
  type Marks,
  nextVersionAlone,
  type RecordChange,
  stampEntry,
  type TierMarks,
  versionOf,
} from '@pw/cache-models/tier';
import { adoptRows } from '../log/adopt-rows.ts';
import type { RowStore } from '../rows/row-store.ts';
import type { TierWork } from '../tier-work.ts';
import {
  ANY_KEY,
  checkEntries,
  checkWrite,
  checkWriteOptions,
  checkWrites,
  STORABLE_KEY,
  VERSION,
} from '../write-arguments.ts';
import { type Ask, askUnderLock } from './ask-under-lock.ts';

/**
 * Marks of a tier: see {@link TierMarks}. Each operation is one transaction, in which the given functions are called.
 */
export class SqliteMarks implements TierMarks {
  readonly #work: TierWork;

  constructor(work: TierWork) {
    this.#work = work;
  }

  read(): Marks | undefined {
    this.#work.role.isMiddle = true;
    return this.#work.run<Marks | undefined>(undefined, () => this.#work.withStore((store) => store.marks.all()));
  }

  isMarked(key: string): boolean | undefined {
    checkArgument('key', key, ANY_KEY);
    return this.#work.run<boolean | undefined>(undefined, () =>
      this.#work.withStore(({ marks }) => {
        marks.reset();
        return marks.of(key) !== undefined;
      }),
    );
  }

  putIf(
    entries: readonly CacheEntry[],
    isWanted: (entry: CacheEntry, mark: number | undefined) => boolean,
  ): MaybePromise<readonly boolean[] | undefined> {
    checkEntries(entries);
    checkArgument('isWanted', isWanted, Kinds.function);
    const given = [...entries];
    const now = this.#work.now();
    return askUnderLock<readonly boolean[] | undefined>(this.#work, undefined, (ask) => (store) => {
      return given.map((entry) => {
        const mark = store.marks.of(entry.key);
        if (ask(() => isWanted(entry, mark)) !== true) return false;
        store.putAs(entry, now, versionOf(entry));
        store.marks.unmark(entry.key);
        return true;
      });
    });
  }

  deleteIf(
    keys: readonly string[],
    isUnwanted: (key: string, mark: number | undefined) => boolean,
  ): MaybePromise<readonly boolean[] | undefined> {
    checkArgument('keys', keys, Kinds.list);
    for (const [at, key] of keys.entries()) checkArgument(`keys[${at}]`, key, ANY_KEY);
    checkArgument('isUnwanted', isUnwanted, Kinds.function);
    const given = [...keys];
    const now = this.#work.now();
    return askUnderLock<readonly boolean[] | undefined>(this.#work, undefined, (ask) => (store) => {
      return given.map((key) => {
        const mark = store.marks.of(key);
        if (ask(() => isUnwanted(key, mark)) !== true) return false;
        const wasLive = store.delete(key, now);
        store.marks.unmark(key);
        return wasLive;
      });
    });
  }

  writeAlone(writes: readonly LoggedWrite[], options: LoggedWriteOptions): MaybePromise<readonly number[] | undefined> {
    checkWrites(writes);
    checkWriteOptions(options);
    const given = writes.map(({ key, entry }) => ({ key, entry }));
    const { after, timeoutMs } = options;
    const now = this.#work.now();
    return this.#work.run<MaybePromise<readonly number[] | undefined>>(undefined, () =>
      this.#work.transact((store) => given.map((write) => writeOneAlone(store, write, after, now)), timeoutMs),
    );
  }

  updateAlone(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null | undefined,
    options: LoggedWriteOptions,
  ): MaybePromise<CacheEntry | null | undefined> {
    checkArgument('key', key, STORABLE_KEY);
    checkArgument('change', change, ENTRY_CHANGE);
    checkWriteOptions(options);
    const { after, timeoutMs } = options;
    const now = this.#work.now();
    const update = (ask: Ask) => (store: RowStore) => {
      const entry = readable(store, key);
      const removal = store.marks.of(key) ?? 0;
      if (entry === undefined || entry.isExpiredAt(now) || versionOf(entry) < removal) return undefined;
      const changed = ask(() => checkedEntry(key, change(entry)));
      if (changed === undefined) return undefined;
      const version = writeOneAlone(store, { key, entry: changed }, after, now);
      return changed && stampEntry(changed, version);
    };
    return askUnderLock<CacheEntry | null | undefined>(this.#work, undefined, update, timeoutMs);
  }

  clearAlone(options: LoggedWriteOptions): MaybePromise<number | undefined> {
    checkWriteOptions(options);
    const { after, timeoutMs } = options;
    const now = this.#work.now();
    return this.#work.run<MaybePromise<number | undefined>>(undefined, () =>
      this.#work.transact((store) => {
        const version = nextVersionAlone(now, after, store.log.newest, store.marks.highest());
        store.clear(now);
        store.log.addAs(null, now, version);
        store.marks.markClear(version);
        return version;
      }, timeoutMs),
    );
  }

  clearOlder(version: number): MaybePromise<boolean> {
    checkArgument('version', version, VERSION);
    const now = this.#work.now();
    return this.#change((store) => {
      store.clearOlder(version);
      store.log.addAs(null, now, version);
      store.marks.unmarkUpTo(version);
      return true;
    });
  }

  /**
   * Rows that another program stores become ours at once, and are marked in the same transaction, so none is left.
   * Those of the time before the log are marked with everything else when the tier meets its base.
   */
  withoutVersion(): readonly string[] | undefined {
    this.#work.role.isMiddle = true;
    return this.#work.run<readonly string[] | undefined>(undefined, () => {
      let state = adoptRows(this.#work, { isMarked: true });
      while (state === 'more') state = adoptRows(this.#work, { isMarked: true });
      return [];
    });
  }

  markAll(): MaybePromise<boolean> {
    return this.#change(({ marks }) => {
      marks.markAll();
      return true;
    });
  }

  unmarkAll(mark: number): MaybePromise<boolean> {
    checkArgument('mark', mark, VERSION);
    return this.#change(({ marks }) => marks.unmarkAll(mark));
  }

  change(key: string, decide: (found: MarkedRecord) => RecordChange | undefined): MaybePromise<boolean> {
    checkArgument('key', key, STORABLE_KEY);
    checkArgument('decide', decide, Kinds.function);
    const now = this.#work.now();
    return askUnderLock(this.#work, false, (ask) => (store) => {
      const change = ask(() => checked(key, decide(found(store, key))));
      if (change?.put !== undefined) store.putAs(change.put, now, versionOf(change.put));
      else if (change?.drop === true) store.delete(key, now);
      if (change?.unmark === true) store.marks.unmark(key);
      return true;
    });
  }

  #change(work: (store: RowStore) => boolean): MaybePromise<boolean> {
    return this.#work.run<MaybePromise<boolean>>(false, () => this.#work.transact(work));
  }
}

/** No version in the tier is above the newest position of its log, so this one is above that of its own entry. */
function writeOneAlone(store: RowStore, { key, entry }: LoggedWrite, after: number, now: number): number {
  const version = nextVersionAlone(now, after, store.log.newest, store.marks.of(key) ?? 0);
  if (entry === null) {
    store.removeAs(key, now, version);
    store.marks.markRemoval(key, version);
  } else {
    store.putAs(entry, now, version);
    store.marks.markEntry(key);
  }
  return version;
}

function found(store: RowStore, key: string): MarkedRecord {
  let entry: CacheEntry | undefined;
  let isRead = false;
  return {
    mark: store.marks.of(key),
    get entry() {
      if (!isRead) entry = readable(store, key);
      isRead = true;
      return entry;
    },
  };
}

function readable(store: RowStore, key: string): CacheEntry | undefined {
  const row = store.selectRow(key);
  try {
    return row === undefined ? undefined : store.decode(row);
  } catch (error) {
    // Damaged, or no key opens its credentials.
    if (error instanceof CacheError) return undefined;
    throw error;
  }
}

/** The answer of a function of the caller. */
function checked(key: string, change: RecordChange | undefined): RecordChange | undefined {
  checkedEntry(key, change?.put);
  return change;
}

function checkedEntry<T extends CacheEntry | null | undefined>(key: string, entry: T): T {
  // A promise is no entry, and its rejection must not become unhandled.
  ignoreRejection(entry);
  if (entry !== undefined) checkWrite(key, entry);
  return entry;
}
