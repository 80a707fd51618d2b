import { type CacheEntry, CacheValidationError, type Clock, type Logger, type MaybePromise } from '@pw/cache-models';
import { abortable } from './abortable.ts';
import { loadOnce } from './load-once.ts';
import { SingleFlight } from './single-flight.ts';
import type { TierStack } from './tier-stack.ts';

/** Loads the entry of a key that no tier has; `undefined` if there is none. */
export type CacheLoader = (key: string) => MaybePromise<CacheEntry | undefined>;

export interface LoadOptions {
  /** Ends the wait of its own caller, not the load. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Seconds for which an entry whose time is up is still answered with, at once, while one load of a new one runs: 0 or more, as
   * HTTP's directive of that name. Only values that `getOrLoad` has found or loaded with this option in this process; never one
   * that was replaced or deleted. Default 0.
   */
  readonly staleWhileRevalidate?: number | undefined;
}

export interface LoadsContext {
  readonly stack: TierStack;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a lease outlives its owner, in milliseconds. */
  readonly leaseMs: number;
  /** How long closing waits for loads that nobody else waits for, in milliseconds. */
  readonly patienceMs: number;
  readonly get: (key: string) => Promise<CacheEntry | undefined>;
  /** Looks once more, for a request that was counted as a miss and need not be one. */
  readonly getAfterAll: (key: string) => Promise<CacheEntry | undefined>;
  /** Stores what was loaded, unless the key was written or deleted since `stack.loading` began. */
  readonly put: (key: string, entry: CacheEntry) => Promise<unknown>;
}

/** Loads of entries that no tier has, or that will soon be too old: one for any number of callers. */
export class Loads {
  readonly #context: LoadsContext;
  readonly #loads = new SingleFlight<CacheEntry | undefined>();
  readonly #behind = new Set<Promise<unknown>>();

  constructor(context: LoadsContext) {
    this.#context = context;
  }

  async getOrLoad(key: string, loader: CacheLoader, options: LoadOptions): Promise<CacheEntry | undefined> {
    const { signal, staleWhileRevalidate = 0 } = options;
    if (!(staleWhileRevalidate >= 0)) {
      const problem = { path: 'staleWhileRevalidate', message: 'must be a number of seconds of 0 or more' };
      throw new CacheValidationError(`${problem.path}: ${problem.message}`, { problems: [problem] });
    }
    const work = this.#find(key, loader, staleWhileRevalidate * 1000);
    return signal === undefined ? work : abortable(work, signal);
  }

  /** Resolves when no load is under way that nobody waits for. One that never ends must not keep the cache from closing. */
  async idle(): Promise<void> {
    if (this.#behind.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#context.patienceMs);
    await Promise.race([promise, Promise.all(this.#behind)]);
    clearTimeout(timer);
  }

  async #find(key: string, loader: CacheLoader, windowMs: number): Promise<CacheEntry | undefined> {
    const { stack, clock, get } = this.#context;
    const found = await get(key);
    if (found !== undefined) {
      if (windowMs > 0 && !stack.stale.has(key)) await stack.noteStale(key);
      return found;
    }
    const stale = windowMs > 0 ? stack.stale.get(key, clock.now(), windowMs) : undefined;
    const loading = this.#load(key, loader, windowMs > 0);
    if (stale === undefined) return loading;
    this.#leaveBehind(loading);
    return stale;
  }

  /** Nobody waits for this load: its failure is logged, and the next caller tries again. */
  #leaveBehind(loading: Promise<unknown>): void {
    const { logger } = this.#context;
    const behind = loading
      .catch(() => logger.warn({}, 'an entry whose time is up could not be loaded anew; the old one is answered with'))
      .finally(() => this.#behind.delete(behind));
    this.#behind.add(behind);
  }

  #load(key: string, loader: CacheLoader, keepStale: boolean): Promise<CacheEntry | undefined> {
    const { stack, leaseMs, getAfterAll, put } = this.#context;
    const load = async () => {
      const loaded = await loader(key);
      if (loaded === undefined) return undefined;
      await put(key, loaded);
      if (keepStale) await stack.noteStale(key);
      return loaded;
    };
    return this.#loads.run(key, () =>
      loadOnce(stack.slots, key, {
        milliseconds: leaseMs,
        find: () => getAfterAll(key),
        load: () => stack.loading(key, load),
      }),
    );
  }
}
