import {
  BaseTier,
  type CacheEntry,
  CacheStorageError,
  type CacheTierConfigInput,
  type Clock,
  type Logger,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  addAccess,
  changedOrRemoved,
  copyEntry,
  type LoggedWrite,
  type LoggedWriteOptions,
  stampEntry,
  type TierLog,
  versionOf,
} from '@pw/cache-models/tier';
import { type Gate, open } from './gate.ts';
import type { LogStore } from './log-store.ts';

export interface LogTierOptions extends CacheTierConfigInput {
  readonly store: LogStore | (() => LogStore);
  readonly name?: string;
  readonly failureThreshold?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly gate?: Gate;
  /** Throws if the store cannot be reached now. */
  readonly check?: () => void;
}

/** A base over a store in memory, whose steps can be held up and made to fail. */
export class LogTier extends BaseTier<'async'> {
  readonly #store: () => LogStore;
  readonly #gate: Gate;
  readonly #check: () => void;

  constructor({ store, gate = open, check = () => {}, ...options }: LogTierOptions) {
    super(options, {
      mode: 'async',
      tierType: 'l3_log',
      capabilities: { persistent: true, shared: true, log: true },
    });
    this.#store = typeof store === 'function' ? store : () => store;
    this.#gate = gate;
    this.#check = check;
  }

  readonly log: TierLog = {
    write: async (writes: readonly LoggedWrite[], options: LoggedWriteOptions) => {
      await this.#store().beforeWrite();
      return this.#later('write', undefined, (store) => {
        const now = this.clock.now();
        return writes.map(({ key, entry, ifVersion, isUpdate }) => {
          const existed = store.rows.get(key)?.isExpiredAt(now) === false;
          if (ifVersion !== undefined && store.versionOf(key) !== ifVersion) return { version: 0, existed };
          return { version: store.write(key, entry, now, options.after, isUpdate), existed };
        });
      });
    },
    clear: async ({ after }) =>
      this.#later('clear', undefined, (store) => {
        const count = store.rows.size;
        return { version: store.clear(this.clock.now(), after), count };
      }),
    update: (key, change, { after }) =>
      this.#now(undefined, (store) => {
        const found = store.rows.get(key);
        if (found === undefined || found.isExpiredAt(this.clock.now())) return undefined;
        const changed = changedOrRemoved(found, change);
        store.write(key, changed, this.clock.now(), after, true);
        // A copy, as a real tier would return: memory counts accesses in it.
        return changed === null ? null : stampEntry(copyEntry(store.rows.get(key)!), store.versionOf(key));
      }),
    replay: (key, entry, version) =>
      this.#now<number | undefined>(undefined, (store) => store.replay(key, entry, version, this.clock.now())),
    versionOf: (key) => this.#now<number | undefined>(undefined, (store) => store.versionOf(key)),
    newestVersionOf: (key) => this.#now<number | undefined>(undefined, (store) => store.newestVersionOf(key)),
    read: (after, limit) =>
      this.#now(undefined, (store) => {
        for (const entry of [...store.rows.values()])
          if (versionOf(entry) === 0) store.write(entry.key, entry, this.clock.now(), 0);
        const rows = store.log.filter((row) => row.position > after).slice(0, limit);
        return { id: store.id, rows, head: store.head, isPruned: after >= 0 && after < store.pruned };
      }),
    cursorOf: (tierId) => this.#now(undefined, (store) => store.cursors.get(tierId)),
    moveCursor: async (tierId, position) => this.#later('cursor', false, (store) => store.moveCursor(tierId, position)),
  };

  #now<T>(fallback: T, work: (store: LogStore) => T): T {
    if (!this.enabled) return fallback;
    try {
      this.#check();
      return work(this.#store());
    } catch (error) {
      this.handleFailure(error);
      return fallback;
    }
  }

  #later<T>(step: string, fallback: T, work: (store: LogStore) => T): Promise<T> {
    return this.run<T>(fallback, async () => {
      await this.#gate(`base.${step}`);
      this.#check();
      return work(this.#store());
    });
  }

  async #do<T>(step: string, work: (store: LogStore) => T): Promise<T> {
    await this.#gate(`base.${step}`);
    this.#check();
    return work(this.#store());
  }

  protected override async doOpen() {
    this.#check();
  }
  protected async doGet(key: string) {
    return this.#do('get', (store) => store.rows.get(key));
  }
  protected async doPut(key: string, entry: CacheEntry, now: number) {
    return this.#do('put', (store) => store.write(key, entry, now, 0) > 0);
  }
  protected async doDelete(key: string, now: number) {
    return this.#do('delete', (store) => {
      const had = store.rows.get(key)?.isExpiredAt(now) === false;
      store.write(key, null, now, 0);
      return had;
    });
  }
  protected override async doExpire(key: string, now: number) {
    return this.#do('expire', (store) => store.rows.get(key)?.isExpiredAt(now) === true && store.rows.delete(key));
  }
  protected override async doRecordAccess(updates: readonly AccessUpdate[]) {
    return this.#do('access', ({ rows }) => {
      const found = updates.filter(({ key }) => rows.has(key));
      for (const update of found) {
        const row = rows.get(update.key)!;
        const entry = stampEntry(copyEntry(row), versionOf(row));
        addAccess(entry, update);
        rows.set(update.key, entry);
      }
      return found.length;
    });
  }
  protected async doHas(key: string, now: number) {
    return this.#do('has', (store) => store.rows.get(key)?.isExpiredAt(now) === false);
  }
  protected async doClear(now: number) {
    return this.#do('clear', (store) => {
      const { size } = store.rows;
      store.clear(now, 0);
      return size;
    });
  }
  protected async doSize(now: number) {
    return (await this.doKeys(now)).length;
  }
  protected async doKeys(now: number) {
    return this.#do('keys', (store) =>
      [...store.rows.values()].filter((entry) => !entry.isExpiredAt(now)).map(({ key }) => key),
    );
  }
  protected async *doEntries() {
    yield* await this.#do('entries', (store) => [...store.rows.values()]);
  }
  protected async doCleanupExpired(now: number) {
    return this.#do('cleanup', (store) => {
      let removed = 0;
      for (const [key, entry] of store.rows)
        if (entry.isExpiredAt(now)) {
          store.rows.delete(key);
          removed++;
        }
      return removed;
    });
  }
}

/** What a store that cannot be reached throws. */
export function unreachable(tier: string): CacheStorageError {
  return new CacheStorageError(`${tier}: planted outage`, { tier });
}
