import type { CacheEntry, Clock, Logger, MaybePromise } from '@pw/cache-models';
import { abortable } from '../scheduling/abortable.ts';
import type { TierStack } from '../stack/tier-stack.ts';
import { loadOnce } from './leased-load.ts';
import { LoadDeadline } from './load-deadline.ts';
import { SharedLoad } from './shared-load.ts';

/** What a loader is told beside the key. */
export interface LoadContext {
  /** Aborted when nobody waits for the load any more: what is given after that is dropped. */
  readonly signal: AbortSignal;
}

/**
 * Loads the entry of a key that no tier has; `undefined` if there is none. Must not call `getOrLoad` for its own key: it would wait for
 * itself, up to the `timeoutMs` of that call or, without one, for ever.
 */
export type CacheLoader = (key: string, context: LoadContext) => MaybePromise<CacheEntry | undefined>;

export interface LoadOptions {
  /**
   * Ends the wait of its own caller, who is rejected with the signal's reason. The load goes on for the others who wait for it; if there
   * are none, it ends as with `timeoutMs`.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long this caller waits, from the call on, in milliseconds: 1 to 2147483647. Then it is rejected with a CacheError of code
   * `CACHE_LOAD_TIMED_OUT`. Each caller of a shared load has a deadline of its own; when the last one that waits has left, by its deadline or its `signal`, the loader's
   * signal is aborted, what the loader gives after that is not stored (whoever asked has gone on without it, and a loader that was told to stop may
   * give half of an answer), and the next call loads anew. A load that runs behind an old entry has as long. Default: no deadline.
   *
   * @example
   * await cache.getOrLoad(key, (key, { signal }) => fetchProxy(key, { signal }), { timeoutMs: 2000 });
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Seconds for which an entry whose time is up is still answered with, at once, while one load of a new one runs: 0 or more, as
   * HTTP's directive of that name. Only values that `getOrLoad` has found or loaded with this option in this process; never one
   * that was replaced or deleted. Default 0.
   */
  readonly staleWhileRevalidate?: number | undefined;
}

/** What one caller wants of a load. */
interface LoadCall {
  readonly loader: CacheLoader;
  readonly windowMs: number;
  readonly timeoutMs: number | undefined;
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
  readonly #loads = new Map<string, SharedLoad<CacheEntry | undefined>>();
  readonly #behind = new Set<Promise<unknown>>();

  constructor(context: LoadsContext) {
    this.#context = context;
  }

  async getOrLoad(key: string, loader: CacheLoader, options: LoadOptions): Promise<CacheEntry | undefined> {
    const { signal, timeoutMs, staleWhileRevalidate = 0 } = options;
    const call: LoadCall = { loader, windowMs: staleWhileRevalidate * 1000, timeoutMs };
    if (timeoutMs !== undefined) return this.#findInTime(key, call, timeoutMs, signal);
    return signal === undefined ? this.#find(key, call) : abortable(this.#find(key, call, signal), signal);
  }

  /** Resolves when no load is under way that nobody waits for. One that never ends must not keep the cache from closing. */
  async idle(): Promise<void> {
    if (this.#behind.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#context.patienceMs);
    await Promise.race([promise, Promise.all(this.#behind)]);
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
      if (windowMs > 0 && !stack.stale.has(key)) await stack.noteStale(key);
      return found;
    }
    leave?.throwIfAborted();
    const stale = windowMs > 0 ? stack.stale.get(key, clock.now(), windowMs) : undefined;
    if (stale === undefined) return this.#load(key, call, leave);
    this.#leaveBehind(this.#loadInTime(key, call));
    return stale;
  }

  /** A load that nobody waits for. */
  #loadInTime(key: string, call: LoadCall): Promise<unknown> {
    if (call.timeoutMs === undefined) return this.#load(key, call);
    const deadline = new LoadDeadline(call.timeoutMs);
    return abortable(this.#load(key, call, deadline.signal), deadline.signal).finally(() => deadline.clear());
  }

  /** Nobody waits for this load: its failure is logged, and the next caller tries again. */
  #leaveBehind(loading: Promise<unknown>): void {
    const { logger } = this.#context;
    const behind = loading
      .catch(() => logger.warn({}, 'an entry whose time is up could not be loaded anew; the old one is answered with'))
      .finally(() => this.#behind.delete(behind));
    this.#behind.add(behind);
  }

  async #load(key: string, call: LoadCall, leave?: AbortSignal): Promise<CacheEntry | undefined> {
    for (;;) {
      const load = this.#loads.get(key) ?? this.#begin(key, call);
      if (!load.isAbandoned) return load.join(leave);
      // Two at a time would take each other's lease, and each other's note of the writes meanwhile.
      await load.settled;
      leave?.throwIfAborted();
    }
  }

  #begin(key: string, call: LoadCall): SharedLoad<CacheEntry | undefined> {
    const { stack, leaseMs, getAfterAll } = this.#context;
    const begin = (signal: AbortSignal) =>
      loadOnce(stack.slots, key, {
        milliseconds: leaseMs,
        signal,
        find: () => getAfterAll(key),
        load: () => stack.loading(key, () => this.#loadAndStore(key, call, signal)),
      });
    const load = new SharedLoad(begin, () => void this.#loads.delete(key));
    this.#loads.set(key, load);
    return load;
  }

  async #loadAndStore(key: string, { loader, windowMs }: LoadCall, signal: AbortSignal) {
    const { stack, put } = this.#context;
    signal.throwIfAborted();
    const loaded = await abortable(Promise.resolve(loader(key, { signal })), signal);
    if (loaded === undefined) return undefined;
    await put(key, loaded);
    if (windowMs > 0) await stack.noteStale(key);
    return loaded;
  }
}
