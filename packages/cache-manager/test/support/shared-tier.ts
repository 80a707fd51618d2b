import { BaseTier, type CacheEntry } from '@pw/cache-models';
import type { ChangeListener, TierChanges, TierLeases } from '@pw/cache-models/tier';

/** The store that the tiers of several "processes" share. */
export class SharedStore {
  readonly entries = new Map<string, CacheEntry>();
  readonly leases = new Map<string, string>();
  readonly tiers = new Set<SharedTier>();
}

/** A tier that reports the writes of others and grants leases, like one on a server. */
export class SharedTier extends BaseTier<'async'> {
  readonly listeners = new Set<ChangeListener>();
  /** Delays a read after the value has been fetched. */
  onTheWay: Promise<void> | undefined;
  releases = 0;
  readonly changes: TierChanges = {
    subscribe: (listener) => {
      this.listeners.add(listener);
      listener(null);
      return () => void this.listeners.delete(listener);
    },
    poll: () => true,
  };
  readonly leases: TierLeases = {
    acquire: async (key, _milliseconds, token) => {
      if (!this.enabled) return undefined;
      const held = this.#store.leases.get(key);
      if (held !== undefined) return held === token ? held : null;
      const fresh = `${this.name} ${this.#tokens++}`;
      this.#store.leases.set(key, fresh);
      return fresh;
    },
    release: async (key, token) => {
      this.releases++;
      return this.#store.leases.get(key) === token && this.#store.leases.delete(key);
    },
  };
  #tokens = 0;
  readonly #store: SharedStore;

  constructor(store: SharedStore, name = 'shared') {
    super(
      { name },
      { mode: 'async', tierType: 'l2_shared', capabilities: { shared: true, changes: true, leases: true } },
    );
    this.#store = store;
    store.tiers.add(this);
  }

  #tell(key: string): void {
    for (const tier of this.#store.tiers) if (tier !== this) for (const listener of tier.listeners) listener(key);
  }
  protected async doGet(key: string) {
    const found = this.#store.entries.get(key);
    await this.onTheWay;
    return found;
  }
  protected async doPut(key: string, entry: CacheEntry) {
    this.#store.entries.set(key, entry);
    this.#tell(key);
    return true;
  }
  protected async doDelete(key: string) {
    const was = this.#store.entries.delete(key);
    this.#tell(key);
    return was;
  }
  protected async doClear() {
    const { size } = this.#store.entries;
    for (const key of [...this.#store.entries.keys()]) await this.doDelete(key);
    return size;
  }
  protected async doSize() {
    return this.#store.entries.size;
  }
  protected async doKeys() {
    return [...this.#store.entries.keys()];
  }
  protected async doHas(key: string) {
    return this.#store.entries.has(key);
  }
  protected async *doEntries() {
    yield* this.#store.entries.values();
  }
  protected async doCleanupExpired() {
    return 0;
  }
}
