import type { CacheEntry, Clock, Logger, MaybePromise } from '@pw/cache-models';
import { abortable } from './abortable.ts';
import { loadOnce, refreshOnce } from './load-once.ts';
import { SingleFlight } from './single-flight.ts';
import type { TierStack } from './tier-stack.ts';

/** Loads the entry of a key that no tier has; `undefined` if there is none. */
export type CacheLoader = (key: string) => MaybePromise<CacheEntry | undefined>;

export interface LoadOptions {
  /** Ends the wait of its own caller, not the load. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds at the end of an entry's life in which it is given at once and loaded anew behind the caller's back; 0 (default):
   * never. The next caller after its time is up waits for a load as ever: no expired entry is given.
   */
  readonly staleWhileRevalidate?: number | undefined;
}

export interface LoadsContext {
  readonly stack: TierStack;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a lease outlives its owner, in milliseconds. */
  readonly leaseMs: number;
  readonly get: (key: string) => Promise<CacheEntry | undefined>;
  readonly put: (key: string, entry: CacheEntry) => Promise<unknown>;
}

/** Loads of entries that no tier has, or that will soon be too old: one for any number of callers. */
export class Loads {
  readonly #context: LoadsContext;
  readonly #loads = new SingleFlight<CacheEntry | undefined>();
  readonly #refreshes = new Map<string, Promise<void>>();

  constructor(context: LoadsContext) {
    this.#context = context;
  }

  getOrLoad(key: string, loader: CacheLoader, options: LoadOptions): Promise<CacheEntry | undefined> {
    const { signal, staleWhileRevalidate = 0 } = options;
    const work = this.#getOrLoad(key, loader, staleWhileRevalidate);
    return signal === undefined ? work : abortable(work, signal);
  }

  /** Resolves when no refresh is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#refreshes.values());
  }

  async #getOrLoad(key: string, loader: CacheLoader, staleMs: number): Promise<CacheEntry | undefined> {
    const { stack, clock, leaseMs, get, put } = this.#context;
    const found = await get(key);
    if (found !== undefined) {
      if (found.expiresAt - clock.now() <= staleMs) this.#refresh(found, loader);
      return found;
    }
    return this.#loads.run(key, () =>
      loadOnce(stack.slots, key, {
        milliseconds: leaseMs,
        find: async () => ((await stack.has(key)) ? get(key) : undefined),
        load: async () => {
          const loaded = await loader(key);
          if (loaded !== undefined) await put(key, loaded);
          return loaded;
        },
      }),
    );
  }

  /** Behind the caller's back, so a failure is logged and the entry kept: whoever comes after its time is up meets the error. */
  #refresh(old: CacheEntry, loader: CacheLoader): void {
    const { key } = old;
    if (this.#refreshes.has(key)) return;
    const { stack, leaseMs, logger } = this.#context;
    const refresh = refreshOnce(stack.slots, key, leaseMs, async () => {
      const loaded = await loader(key);
      if (loaded !== undefined) await stack.replace(old, loaded);
    })
      .catch(() => logger.warn({}, 'an entry could not be loaded anew; the old one is kept as long as it lives'))
      .finally(() => this.#refreshes.delete(key));
    this.#refreshes.set(key, refresh);
  }
}
