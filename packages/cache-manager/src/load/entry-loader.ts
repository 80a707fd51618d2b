import type { CacheEntry, Clock, Logger, MaybePromise } from '@pw/cache-models';
import { abortable } from '../scheduling/abortable.ts';
import type { TierStack } from '../stack/tier-stack.ts';
import { DEFAULT_LEASE_MS, loadUnderLease } from './leased-load.ts';
import { LoadDeadline } from './load-deadline.ts';
import { SingleFlight } from './single-flight.ts';

/** The second argument of a loader. */
export interface LoadContext {
  /** Aborted once no caller waits for the load any more; a later result of the loader is discarded. */
  readonly signal: AbortSignal;
}

/**
 * Loads the entry of a key that no tier has; `undefined` if there is none. Must not call `getOrLoad` for its own key:
 * it would wait for itself, until the `timeoutMs` of that call or, without one, forever.
 */
export type CacheLoader = (key: string, context: LoadContext) => MaybePromise<CacheEntry | undefined>;

export interface LoadOptions {
  /**
   * Ends the wait of this caller, which is rejected with the signal's reason. The load continues for its other callers;
   * if there are none, it is abandoned, as described at `timeoutMs`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long this caller waits, in milliseconds: 1 to 2147483647; `null` for no limit. After that, it is rejected with
   * a CacheError of code `CACHE_LOAD_TIMED_OUT`. Each caller of a shared load has its own deadline. Once the last
   * caller has left, by its deadline or its `signal`, the loader's signal is aborted, and the next call starts a new
   * load. A result that the loader returns after that is not stored: all callers have continued without it, and an
   * aborted loader may return an incomplete result. The reload of a stale entry has the same deadline.
   *
   * @default null
   * @example
   * await cache.getOrLoad(key, (key, { signal }) => fetchProxy(key, { signal }), { timeoutMs: 2000 });
   */
  readonly timeoutMs?: number | null | undefined;
  /**
   * For how many seconds an expired entry is still returned, immediately, while one load of a new entry runs: 0 or
   * more, like HTTP's directive of the same name. Applies only to values that `getOrLoad` has found or loaded with this
   * option in this process, and never to one that was replaced or deleted. Default 0.
   */
  readonly staleWhileRevalidate?: number | undefined;
}

/** The arguments of one caller. */
interface LoadCall {
  readonly loader: CacheLoader;
  readonly windowMs: number;
  readonly timeoutMs: number | null;
}

export interface EntryLoaderContext {
  readonly stack: TierStack;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a lease outlives its owner, in milliseconds. Default {@link DEFAULT_LEASE_MS}. */
  readonly leaseMs: number | undefined;
  /** How long closing waits for background loads, in milliseconds. */
  readonly closeTimeoutMs: number;
  readonly get: (key: string) => Promise<CacheEntry | undefined>;
  /** Looks for the entry again after a miss. If it is there now, the miss is no longer counted. */
  readonly getAfterMiss: (key: string) => Promise<CacheEntry | undefined>;
  /** Stores a loaded entry, unless the key was written or deleted since `stack.runLoad` began. */
  readonly put: (key: string, entry: CacheEntry) => Promise<unknown>;
}

/** Loads entries that no tier has, and reloads stale ones: one load for any number of callers. */
export class EntryLoader {
  readonly #context: EntryLoaderContext;
  readonly #loads = new Map<string, SingleFlight<CacheEntry | undefined>>();
  readonly #background = new Set<Promise<unknown>>();

  constructor(context: EntryLoaderContext) {
    this.#context = context;
  }

  async getOrLoad(key: string, loader: CacheLoader, options: LoadOptions): Promise<CacheEntry | undefined> {
    const { signal, timeoutMs = null, staleWhileRevalidate = 0 } = options;
    const call: LoadCall = { loader, windowMs: staleWhileRevalidate * 1000, timeoutMs };
    if (timeoutMs !== null) return this.#findInTime(key, call, timeoutMs, signal);
    return signal === undefined ? this.#find(key, call) : abortable(this.#find(key, call, signal), signal);
  }

  /**
   * Resolves once no background load is running, or after a timeout: a load that never ends must not keep the cache
   * from closing.
   */
  async idle(): Promise<void> {
    if (this.#background.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#context.closeTimeoutMs);
    await Promise.race([promise, Promise.all(this.#background)]);
    clearTimeout(timer);
  }

  #findInTime(
    key: string,
    call: LoadCall,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<CacheEntry | undefined> {
    const deadline = new LoadDeadline(timeoutMs);
    const leave = signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]);
    return abortable(this.#find(key, call, leave), leave).finally(() => deadline.clear());
  }

  async #find(key: string, call: LoadCall, leave?: AbortSignal): Promise<CacheEntry | undefined> {
    const { stack, clock, get } = this.#context;
    const { windowMs } = call;
    const found = await get(key);
    if (found !== undefined) {
      if (windowMs > 0 && !stack.stale.has(key)) await stack.recordStale(key);
      return found;
    }
    leave?.throwIfAborted();
    const stale = windowMs > 0 ? stack.stale.get(key, clock.now(), windowMs) : undefined;
    if (stale === undefined) return this.#load(key, call, leave);
    this.#runInBackground(this.#loadInTime(key, call));
    return stale;
  }

  #loadInTime(key: string, call: LoadCall): Promise<unknown> {
    if (call.timeoutMs === null) return this.#load(key, call);
    const deadline = new LoadDeadline(call.timeoutMs);
    return abortable(this.#load(key, call, deadline.signal), deadline.signal).finally(() => deadline.clear());
  }

  /** No caller waits for this load: its failure is logged, and the next caller tries again. */
  #runInBackground(loading: Promise<unknown>): void {
    const { logger } = this.#context;
    const background = loading
      .catch(() => logger.warn({}, 'a stale entry could not be reloaded; the stale one is returned'))
      .finally(() => this.#background.delete(background));
    this.#background.add(background);
  }

  async #load(key: string, call: LoadCall, leave?: AbortSignal): Promise<CacheEntry | undefined> {
    for (;;) {
      const load = this.#loads.get(key) ?? this.#begin(key, call);
      if (!load.isAbandoned) return load.join(leave);
      // Two concurrent loads of a key would interfere with each other's lease and with `stack.runLoad`.
      await load.settled;
      leave?.throwIfAborted();
    }
  }

  #begin(key: string, call: LoadCall): SingleFlight<CacheEntry | undefined> {
    const { stack, leaseMs = DEFAULT_LEASE_MS, getAfterMiss } = this.#context;
    const begin = (signal: AbortSignal) =>
      loadUnderLease(stack.tiers, key, {
        leaseMs,
        signal,
        find: () => getAfterMiss(key),
        load: () => stack.runLoad(key, () => this.#loadAndStore(key, call, signal)),
      });
    const load = new SingleFlight(begin, () => void this.#loads.delete(key));
    this.#loads.set(key, load);
    return load;
  }

  async #loadAndStore(key: string, { loader, windowMs }: LoadCall, signal: AbortSignal) {
    const { stack, put } = this.#context;
    signal.throwIfAborted();
    const loaded = await abortable(Promise.resolve(loader(key, { signal })), signal);
    if (loaded === undefined) return undefined;
    await put(key, loaded);
    if (windowMs > 0) await stack.recordStale(key);
    return loaded;
  }
}
