import { type CacheEntry, type MaybePromise, RemovalReason } from '@pw/cache-models';
import {
  chain,
  changedOrRemoved,
  checkArgument,
  checkOptionsObject,
  checkRecordArguments,
  ENTRY_CHANGE,
  type HealthCheck,
  Kinds,
  type LoggedAnswer,
  type LoggedUpdateOptions,
  type LoggedWrite,
  type LoggedWriteOptions,
  type LogPage,
  optional,
  type TierLog,
  wholeNumber,
} from '@pw/cache-models/tier';
import { changeRow } from '../rows/change-row.ts';
import type { RowStore } from '../rows/row-store.ts';
import type { TierWork } from '../tier-work.ts';
import {
  ANY_KEY,
  checkWrite,
  checkWriteOptions,
  checkWrites,
  REASON,
  STORABLE_KEY,
  VERSION,
} from '../write-arguments.ts';
import { adoptRows } from './adopt-rows.ts';

/** Rows pruned along with a cursor: some milliseconds. */
const PRUNED_PER_MOVE = 20_000;
const LIMIT = wholeNumber(1, 1_000_000);
const UPDATE_OPTIONS = Object.freeze({
  after: VERSION,
  check: optional(Kinds.object),
  reason: REASON,
});

/** Stores a check in the history of an entry, if the tier has one. */
export type CheckRecorder = (store: RowStore, check: HealthCheck, entry: CacheEntry, now: number) => void;

/** The log of a tier: see {@link TierLog}. */
export class SqliteLog implements TierLog {
  readonly #work: TierWork;
  readonly #recordCheck: CheckRecorder;
  /**
   * What the last `read` found up to the end, so that the next one need not search again if nobody has written since.
   */
  #lastRead: { readonly dataVersion: number; readonly ownWrites: number; readonly head: number } | undefined;

  constructor(work: TierWork, recordCheck: CheckRecorder) {
    this.#work = work;
    this.#recordCheck = recordCheck;
  }

  write(
    writes: readonly LoggedWrite[],
    options: LoggedWriteOptions,
  ): MaybePromise<readonly LoggedAnswer[] | undefined> {
    checkWrites(writes);
    checkWriteOptions(options);
    const { after, timeoutMs } = options;
    const given = writes.map((write) => ({ ...write }));
    const now = this.#work.now();
    const writeOne = (store: RowStore, { key, entry, ifVersion, isUpdate }: LoggedWrite): LoggedAnswer => {
      if (ifVersion !== undefined && store.versionOf(key) !== ifVersion)
        return { version: 0, existed: store.has(key, now) };
      return entry === null ? store.remove(key, now, after) : store.put(entry, now, after, isUpdate);
    };
    const answers = this.#work.run<MaybePromise<readonly LoggedAnswer[] | undefined>>(undefined, () =>
      this.#work.transact((store) => given.map((write) => writeOne(store, write)), timeoutMs),
    );
    return chain(answers, (made) => {
      for (const [i, { entry, reason = RemovalReason.EXPLICIT }] of given.entries())
        if (entry === null && made?.[i]?.existed === true && made[i].version > 0) this.#work.removed(reason);
      return made;
    });
  }

  clear(options: LoggedWriteOptions): MaybePromise<{ readonly version: number; readonly count: number } | undefined> {
    checkWriteOptions(options);
    const { after, timeoutMs } = options;
    const now = this.#work.now();
    const clear = (store: RowStore) => ({ count: store.clear(now), version: store.log.add(null, now, after) });
    return this.#work.run<MaybePromise<ReturnType<typeof clear> | undefined>>(undefined, () =>
      this.#work.transact(clear, timeoutMs),
    );
  }

  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    options: LoggedUpdateOptions,
  ): CacheEntry | null | undefined | 'locked' {
    checkArgument('key', key, ANY_KEY);
    checkArgument('change', change, ENTRY_CHANGE);
    checkOptionsObject(options, UPDATE_OPTIONS, { what: 'update', name: 'options' });
    const { after, check, reason = RemovalReason.EXPLICIT } = options;
    if (check !== undefined) checkRecordArguments(key, check, change);
    const now = this.#work.now();
    const changed = (store: RowStore) =>
      changeRow(store, key, (entry) => changedOrRemoved(entry, change), {
        now,
        after,
        onStored: check === undefined ? undefined : (entry) => this.#recordCheck(store, check, entry, now),
      });
    return this.#work.run<CacheEntry | null | undefined | 'locked'>(undefined, () => {
      const made = this.#work.transactNow(changed);
      if (made === null) this.#work.removed(reason);
      return made;
    });
  }

  replay(key: string | null, entry: CacheEntry | null, version: number): number | undefined | 'locked' {
    checkArgument('version', version, VERSION);
    if (key !== null || entry !== null) checkWrite(key!, entry);
    const now = this.#work.now();
    return this.#work.run<number | undefined | 'locked'>(undefined, () => {
      // A row of another program counts as made when it is first seen: before it could be replaced.
      if (adoptRows(this.#work) === 'locked') return 'locked';
      return this.#work.transactNow((store) =>
        key === null ? replayClear(store, version, now) : replayOne(store, key, entry, version, now),
      );
    });
  }

  versionOf(key: string): number | undefined {
    checkArgument('key', key, ANY_KEY);
    return this.#read((store) => store.versionOf(key));
  }

  newestVersionOf(key: string): number | undefined {
    checkArgument('key', key, ANY_KEY);
    return this.#read((store) => store.snapshot(() => Math.max(store.versionOf(key), store.log.newestAbove(0, key))));
  }

  read(after: number, limit: number): LogPage | undefined {
    checkArgument('after', after, VERSION);
    checkArgument('limit', limit, LIMIT);
    return this.#work.run<LogPage | undefined>(undefined, () => {
      // Others may have set the file aside: reading on in the old one would show nothing new.
      this.#work.checkFile();
      const unread = this.#work.withStore((store) => this.#unchanged(store, after));
      if (unread !== undefined) return unread;
      adoptRows(this.#work);
      return this.#work.withStore((store) => this.#readPage(store, after, limit));
    });
  }

  cursorOf(tierId: string): number | undefined {
    checkArgument('tierId', tierId, STORABLE_KEY);
    return this.#read((store) => store.log.cursorOf(tierId));
  }

  moveCursor(tierId: string, position: number): MaybePromise<boolean> {
    checkArgument('tierId', tierId, STORABLE_KEY);
    checkArgument('position', position, VERSION);
    return this.#work.run<MaybePromise<boolean>>(false, () =>
      this.#work.transact(({ log }) => {
        const isMoved = log.moveCursor(tierId, position);
        if (isMoved) log.prune(PRUNED_PER_MOVE);
        return isMoved;
      }),
    );
  }

  #read<T>(read: (store: RowStore) => T | undefined): T | undefined {
    return this.#work.run<T | undefined>(undefined, () => this.#work.withStore(read));
  }

  /** The page after the head of the log, if nothing was written since it was read. */
  #unchanged({ statements, log, foreign }: RowStore, after: number): LogPage | undefined {
    const last = this.#lastRead;
    if (last?.head !== after || log.own.count !== last.ownWrites || foreign.isDue(statements)) return undefined;
    return statements.dataVersion() === last.dataVersion
      ? { id: log.id, rows: [], head: after, isPruned: false }
      : undefined;
  }

  #readPage(store: RowStore, after: number, limit: number): LogPage {
    const { log, statements } = store;
    // Before the rows: what is written in between is found again.
    const [dataVersion, ownWrites] = [statements.dataVersion(), log.own.count];
    const page = store.snapshot(() => ({
      id: log.id,
      rows: log.rowsAfter(after, limit),
      head: log.head(),
      isPruned: log.pruned() > after,
    }));
    this.#lastRead = { dataVersion, ownWrites, head: page.head };
    return page;
  }
}

function replayOne(store: RowStore, key: string, entry: CacheEntry | null, version: number, now: number): number {
  const stored = store.versionOf(key);
  if (version === 0) return entry === null ? stored : store.put(entry, now).version;
  if (Math.max(stored, store.log.newestAbove(version - 1, key)) >= version) return stored;
  if (entry === null) {
    store.removeAs(key, now, version);
    return 0;
  }
  store.putAs(entry, now, version);
  return version;
}

function replayClear(store: RowStore, version: number, now: number): number {
  if (version === 0 || store.log.newestAbove(version - 1, null) >= version) return 0;
  store.clearOlder(version);
  store.log.addAs(null, now, version);
  return 0;
}
