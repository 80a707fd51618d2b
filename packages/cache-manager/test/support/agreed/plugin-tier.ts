import { BaseTier, CacheEntry, type CacheTierConfigInput, type Clock, type Logger } from '@pw/cache-models';
import { type AccessUpdate, addAccess, copyEntry } from '@pw/cache-models/tier';
import { type Gate, open } from './gate.ts';
import type { PluginStore } from './plugin-store.ts';

export interface PluginTierOptions extends CacheTierConfigInput {
  readonly store: PluginStore;
  readonly name?: string;
  readonly failureThreshold?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly gate?: Gate;
  /** Throws if the store cannot be reached now. */
  readonly check?: () => void;
}

/** A durable tier of a third party: it knows nothing of versions, logs and marks. Its steps can be held up and made to fail. */
export class PluginTier extends BaseTier<'async'> {
  readonly #store: PluginStore;
  readonly #gate: Gate;
  readonly #check: () => void;

  constructor({ store, gate = open, check = () => {}, ...options }: PluginTierOptions) {
    super(options, { mode: 'async', tierType: 'l2_plugin', capabilities: { persistent: true, shared: true } });
    this.#store = store;
    this.#gate = gate;
    this.#check = check;
  }

  async #do<T>(step: string, work: (entries: Map<string, CacheEntry>) => T): Promise<T> {
    await this.#gate(`plugin.${step}`);
    this.#check();
    return work(this.#store.entries);
  }

  protected override async doOpen() {
    this.#check();
  }
  protected async doGet(key: string) {
    return this.#do('get', (entries) => entries.get(key));
  }
  protected async doPut(key: string, entry: CacheEntry) {
    return this.#do('put', (entries) => {
      // Fields only: a version is none.
      entries.set(key, CacheEntry.restore(entry.toFields()));
      return true;
    });
  }
  protected async doDelete(key: string, now: number) {
    return this.#do('delete', (entries) => {
      const had = entries.get(key)?.isExpiredAt(now) === false;
      entries.delete(key);
      return had;
    });
  }
  protected override async doRecordAccess(updates: readonly AccessUpdate[]) {
    return this.#do('access', (entries) => {
      const found = updates.filter(({ key }) => entries.has(key));
      for (const update of found) {
        const entry = copyEntry(entries.get(update.key)!);
        addAccess(entry, update);
        entries.set(update.key, entry);
      }
      return found.length;
    });
  }
  protected async doHas(key: string, now: number) {
    return this.#do('has', (entries) => entries.get(key)?.isExpiredAt(now) === false);
  }
  protected async doClear(now: number) {
    return this.#do('clear', (entries) => {
      const live = [...entries.values()].filter((entry) => !entry.isExpiredAt(now)).length;
      entries.clear();
      return live;
    });
  }
  protected async doSize(now: number) {
    return (await this.doKeys(now)).length;
  }
  protected async doKeys(now: number) {
    return this.#do('keys', (entries) =>
      [...entries.values()].filter((entry) => !entry.isExpiredAt(now)).map(({ key }) => key),
    );
  }
  protected async *doEntries() {
    yield* await this.#do('entries', (entries) => [...entries.values()]);
  }
  protected async doCleanupExpired(now: number) {
    return this.#do('cleanup', (entries) => {
      const expired = [...entries.values()].filter((entry) => entry.isExpiredAt(now));
      for (const { key } of expired) entries.delete(key);
      return expired.length;
    });
  }
}
