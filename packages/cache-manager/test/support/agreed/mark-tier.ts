import { BaseTier, type CacheEntry, type CacheTierConfigInput, type Clock, type Logger } from '@pw/cache-models';
import {
  type ChangeListener,
  copyEntry,
  type LoggedWrite,
  nextVersionAlone,
  type SideValues,
  stampEntry,
  type TierChanges,
  type TierMarks,
  versionOf,
} from '@pw/cache-models/tier';
import { type Gate, open } from './gate.ts';
import type { MarkStore } from './mark-store.ts';

export interface MarkTierOptions extends CacheTierConfigInput {
  readonly store: MarkStore;
  readonly name?: string;
  readonly failureThreshold?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly gate?: Gate;
  /** Throws if the store cannot be reached now. */
  readonly check?: () => void;
}

/** A middle tier over a store in memory, whose steps can be held up and made to fail. A step is what happens under its lock. */
export class MarkTier extends BaseTier<'async'> {
  readonly #store: MarkStore;
  readonly #gate: Gate;
  readonly #check: () => void;
  readonly #listeners = new Set<ChangeListener>();
  #seen = 0;

  constructor({ store, gate = open, check = () => {}, ...options }: MarkTierOptions) {
    super(options, {
      mode: 'async',
      tierType: 'l2_marks',
      capabilities: { persistent: true, shared: true, marks: true, sideValues: true, changes: true },
    });
    this.#store = store;
    this.#gate = gate;
    this.#check = check;
    this.#seen = store.changes.length;
  }

  readonly changes: TierChanges = {
    subscribe: (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
    poll: () => {
      try {
        this.#check();
      } catch {
        return false;
      }
      const { changes } = this.#store;
      const news = changes.slice(this.#seen).filter(({ by }) => by !== this);
      this.#seen = changes.length;
      for (const { key } of news) for (const listener of this.#listeners) listener(key);
      return true;
    },
  };

  readonly sideValues: SideValues = {
    read: async (name) => this.#do('side value', (store) => store.sideValues.get(name)),
    storeIfAbsent: async (name, value) =>
      this.#do('side value', (store) => {
        if (!store.sideValues.has(name)) store.sideValues.set(name, value);
        return store.sideValues.get(name)!;
      }),
    replace: async (name, expected, value) =>
      this.#do('side value', (store) => {
        if (store.sideValues.get(name) !== expected) return false;
        store.sideValues.set(name, value);
        return true;
      }),
  };

  readonly marks: TierMarks = {
    read: () => {
      try {
        this.#check();
        return new Map(this.#store.marks);
      } catch (error) {
        this.handleFailure(error);
        return undefined;
      }
    },
    isMarked: (key) => {
      try {
        this.#check();
        return this.#store.markOf(key) !== undefined;
      } catch (error) {
        this.handleFailure(error);
        return undefined;
      }
    },
    putIf: async (entries, isWanted) =>
      this.#marked('putIf', undefined, (store) =>
        entries.map((entry) => {
          if (!isWanted(entry, store.markOf(entry.key))) return false;
          this.#set(entry.key, entry);
          store.marks.delete(entry.key);
          return true;
        }),
      ),
    deleteIf: async (keys, isUnwanted) =>
      this.#marked('deleteIf', undefined, (store) =>
        keys.map((key) => {
          if (!isUnwanted(key, store.markOf(key))) return false;
          const had = store.records.get(key)?.isExpiredAt(this.clock.now()) === false;
          this.#set(key, undefined);
          store.marks.delete(key);
          return had;
        }),
      ),
    // Both under one lock: a process that is killed in between is a matter of the tiers' own tests.
    writeAlone: async (writes: readonly LoggedWrite[], { after }) =>
      this.#marked<readonly number[] | undefined>('writeAlone', undefined, (store) =>
        writes.map(({ key, entry }) => {
          const own = versionOf0(store.records.get(key));
          const version = nextVersionAlone(this.clock.now(), after, own, store.markOf(key) ?? 0);
          store.marks.set(key, entry === null ? version : (store.marks.get(key) ?? 0));
          this.#set(key, entry === null ? undefined : stampEntry(copyEntry(entry), version));
          return version;
        }),
      ),
    updateAlone: async (key, change, { after }) =>
      this.#marked<CacheEntry | null | undefined>('updateAlone', undefined, (store) => {
        const entry = store.records.get(key);
        const removal = store.markOf(key) ?? 0;
        if (entry === undefined || entry.isExpiredAt(this.clock.now()) || versionOf(entry) < removal) return undefined;
        const changed = change(copyEntry(entry));
        if (changed === undefined) return undefined;
        const version = nextVersionAlone(this.clock.now(), after, versionOf(entry), removal);
        store.marks.set(key, changed === null ? version : (store.marks.get(key) ?? 0));
        this.#set(key, changed === null ? undefined : stampEntry(copyEntry(changed), version));
        return changed && stampEntry(copyEntry(changed), version);
      }),
    clearAlone: async ({ after }) =>
      this.#marked<number | undefined>('clearAlone', undefined, (store) => {
        const all = [...store.records.values()].map(versionOf);
        const version = nextVersionAlone(this.clock.now(), after, ...all, ...store.marks.values());
        store.marks.clear();
        store.marks.set(null, version);
        for (const key of store.records.keys()) this.#set(key, undefined);
        return version;
      }),
    clearOlder: async (version) =>
      this.#marked('clearOlder', false, (store) => {
        for (const [key, entry] of store.records) if (versionOf(entry) < version) this.#set(key, undefined);
        for (const [key, mark] of store.marks) {
          const own = key === null ? 0 : versionOf0(store.records.get(key));
          if (mark <= version && own <= version) store.marks.delete(key);
        }
        return true;
      }),
    withoutVersion: async () =>
      this.#marked<readonly string[] | undefined>('keys', undefined, (store) =>
        [...store.records.values()].filter((entry) => versionOf(entry) === 0).map(({ key }) => key),
      ),
    markAll: async () =>
      this.#marked('markAll', false, (store) => {
        if (!store.marks.has(null)) store.marks.set(null, 0);
        return true;
      }),
    unmarkAll: async (mark) =>
      this.#marked('unmarkAll', false, (store) => store.marks.get(null) === mark && store.marks.delete(null)),
    change: async (key, decide) =>
      this.#marked('change', false, (store) => {
        const change = decide({ entry: store.records.get(key), mark: store.markOf(key) });
        if (change?.drop === true) this.#set(key, undefined);
        if (change?.put !== undefined) this.#set(key, change.put);
        if (change?.unmark === true) store.marks.delete(key);
        return true;
      }),
  };

  #set(key: string, entry: CacheEntry | undefined): void {
    const { records, changes } = this.#store;
    if (entry === undefined) records.delete(key);
    else records.set(key, entry);
    changes.push({ key, by: this });
  }

  #marked<T>(step: string, fallback: T, work: (store: MarkStore) => T): Promise<T> {
    return this.run<T>(fallback, () => this.#do(step, work));
  }

  async #do<T>(step: string, work: (store: MarkStore) => T): Promise<T> {
    await this.#gate(`middle.${step}`);
    this.#check();
    return work(this.#store);
  }

  protected override async doOpen() {
    this.#check();
  }
  protected async doGet(key: string) {
    return this.#do('get', (store) => store.records.get(key));
  }
  protected async doPut(key: string, entry: CacheEntry) {
    return this.#do('put', () => {
      this.#set(key, entry);
      return true;
    });
  }
  protected async doDelete(key: string, now: number) {
    return this.#do('delete', (store) => {
      const had = store.records.get(key)?.isExpiredAt(now) === false;
      this.#set(key, undefined);
      return had;
    });
  }
  protected override async doExpire(key: string, now: number) {
    return this.#do('expire', (store) => {
      if (store.records.get(key)?.isExpiredAt(now) === true && store.markOf(key) === undefined)
        this.#set(key, undefined);
    });
  }
  protected async doHas(key: string, now: number) {
    return this.#do('has', (store) => store.records.get(key)?.isExpiredAt(now) === false);
  }
  protected async doClear() {
    return this.#do('clear', (store) => {
      const { size } = store.records;
      for (const key of store.records.keys()) this.#set(key, undefined);
      return size;
    });
  }
  protected async doSize(now: number) {
    return (await this.doKeys(now)).length;
  }
  protected async doKeys(now: number) {
    return this.#do('keys', (store) =>
      [...store.records.values()].filter((entry) => !entry.isExpiredAt(now)).map(({ key }) => key),
    );
  }
  protected async *doEntries() {
    yield* await this.#do('entries', (store) => [...store.records.values()]);
  }
  protected async doCleanupExpired(now: number) {
    return this.#do('cleanup', (store) => {
      let removed = 0;
      for (const [key, entry] of store.records)
        if (entry.isExpiredAt(now) && store.markOf(key) === undefined) {
          this.#set(key, undefined);
          removed++;
        }
      return removed;
    });
  }
}

function versionOf0(entry: CacheEntry | undefined): number {
  return entry === undefined ? 0 : versionOf(entry);
}
