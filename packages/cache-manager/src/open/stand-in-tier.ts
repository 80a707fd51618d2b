import { BaseTier, type CacheEntry, type CacheTier, type ChangeListener, type TierOptions } from '@pw/cache-models';

export interface StandInTierOptions extends TierOptions {
  readonly name: string;
  /** The error of the factory. The first attempt to open the tier rejects with it. */
  readonly error: unknown;
  /** Calls the factory again. */
  readonly make: () => Promise<CacheTier>;
}

/**
 * A stand-in for a tier whose factory failed. Opening it calls the factory again; after the first success, every access
 * is forwarded to the real tier.
 */
export function standInTier(options: StandInTierOptions): CacheTier {
  const standIn = new StandIn(options);
  return new Proxy<CacheTier>(standIn, {
    get(_, member) {
      const tier = standIn.made ?? standIn;
      if (member === 'totalFailures' && tier !== standIn) return sum(standIn.totalFailures, tier.totalFailures);
      const value: unknown = Reflect.get(tier, member, tier);
      return typeof value === 'function' ? (value.bind(tier) as unknown) : value;
    },
  });
}

/** The count must not decrease when the real tier replaces the stand-in. */
function sum(before: number, now: number | undefined): number | undefined {
  return now === undefined ? undefined : before + now;
}

/** `BaseTier` opens it before any operation, so that the operations below always have a real tier to call. */
class StandIn extends BaseTier {
  made: CacheTier | undefined;
  readonly #make: () => Promise<CacheTier>;
  readonly #listeners = new Map<ChangeListener, (() => void) | undefined>();
  #first: { readonly error: unknown } | undefined;

  constructor(options: StandInTierOptions) {
    super(options, {
      mode: 'async',
      tierType: 'late',
      // The tier is unknown: it may contain tokens of an older key, and other processes may write to it.
      capabilities: { persistent: true, shared: true, ordered: false, query: false, healthHistory: false },
    });
    this.#make = options.make;
    this.#first = { error: options.error };
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.set(listener, this.made?.onChange?.(listener));
    return () => {
      this.#listeners.get(listener)?.();
      this.#listeners.delete(listener);
    };
  }

  protected override async doOpen(): Promise<void> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) throw first.error;
    const tier = await this.#make();
    try {
      await tier.open();
    } catch (error) {
      await tier.close();
      throw error;
    }
    this.made = tier;
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, tier.onChange?.(listener));
  }

  protected override async doClose(): Promise<void> {
    await this.made?.close();
  }

  protected override async doGet(key: string): Promise<CacheEntry | undefined> {
    return this.made!.get(key);
  }
  protected override async doPut(key: string, entry: CacheEntry): Promise<boolean> {
    return this.made!.put(key, entry);
  }
  protected override async doDelete(key: string): Promise<boolean> {
    return this.made!.delete(key);
  }
  protected override async doHas(key: string): Promise<boolean> {
    return this.made!.has(key);
  }
  protected override async doClear(): Promise<number> {
    return this.made!.clear();
  }
  protected override async doSize(): Promise<number> {
    return this.made!.size();
  }
  protected override async doKeys(): Promise<string[]> {
    return this.made!.keys();
  }
  protected override doEntries(): Iterable<CacheEntry> | AsyncIterable<CacheEntry> {
    return this.made!.entries();
  }
  protected override async doCleanupExpired(): Promise<number> {
    return this.made!.cleanupExpired();
  }
}
