import {
  CacheEntry,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  type Logger,
  type MaybePromise,
  type TierCounts,
  TierStatistics,
} from '@pw/cache-models';
import { extractUrlCredentials, ignoreRejection, isPromise } from '@pw/cache-models/tier';
import { settlesWithin, withDeadline } from '../scheduling/deadline.ts';

export interface FaultBoundaryOptions {
  readonly name: string;
  readonly logger: Logger;
  /** The deadline of each call to an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  /** The position of the tier in the list of tiers, from 0. */
  readonly position: number;
  /** Called when the tier has disabled itself, misses a deadline, or becomes unusable. */
  readonly onTrip: () => void;
}

export interface FaultHooks<U> {
  /** Called if the tier refuses the argument, which is not a fault. Default: the fallback is used. */
  readonly onRefused?: (error: CacheValidationError) => U;
  /** Called if the deadline has passed. The result may still arrive. */
  readonly onLate?: (result: Promise<unknown>) => void;
}

/** How many deadlines a cleanup may take, because removing millions of entries takes longer than other calls. */
const CLEANUP_DEADLINES = 20;

/**
 * Calls a tier and contains every fault: throws, rejections, timeouts, malformed answers. Each counts as a failure of
 * the tier.
 */
export class FaultBoundary {
  readonly #tier: CacheTier;
  readonly #options: FaultBoundaryOptions;
  /** True if `getNow` is called in place of `get`. */
  readonly #isImmediate: boolean;
  /** True if every entry of the tier was put through this cache, which has moved the credentials out of its URL. */
  readonly #holdsOnlyOurEntries: boolean;
  #reported = 0;
  #lastError: unknown;
  #lateHits = 0;
  readonly #countLateHit = (result: Promise<unknown>): void => {
    result.then(
      (found) => {
        if (CacheEntry.isCacheEntry(found)) this.#lateHits++;
      },
      () => {},
    );
  };

  constructor(tier: CacheTier, options: FaultBoundaryOptions) {
    this.#tier = tier;
    this.#options = options;
    const { synchronous, immediate, persistent, shared } = tier.capabilities;
    this.#isImmediate = immediate && !synchronous;
    this.#holdsOnlyOurEntries = options.position === 0 && !persistent && !shared;
  }

  /** Calls the tier; `then` receives its answer, or the fallback after a fault. */
  call<T, U>(
    work: () => MaybePromise<T>,
    fallback: T,
    then: (answer: T) => U,
    hooks: FaultHooks<U> = {},
  ): MaybePromise<Awaited<U>> {
    type Result = MaybePromise<Awaited<U>>;
    const failed = (error: unknown): U => {
      if (error instanceof CacheValidationError)
        return hooks.onRefused === undefined ? then(fallback) : hooks.onRefused(error);
      this.fault(error);
      return then(fallback);
    };
    let answer: MaybePromise<T>;
    try {
      answer = work();
    } catch (error) {
      return failed(error) as Result;
    }
    if (!isPromise(answer)) return then(answer) as Result;
    return this.withinDeadline(answer, hooks.onLate).then(then, failed) as Result;
  }

  /**
   * The live entry of a key. Like `peek`, it creates no closure for a value that is available immediately: this is the
   * hot path.
   */
  get(key: string): MaybePromise<CacheEntry | undefined> {
    const tier = this.#tier;
    try {
      const found = this.#isImmediate ? tier.getNow!(key) : tier.get(key);
      // In this order: on a hit, which is the usual case, nothing else is asked of the entry.
      if (CacheEntry.isCacheEntry(found) || !isPromise(found)) return this.#validEntry(key, found);
      return this.#later(key, found, this.#countLateHit);
    } catch (error) {
      return this.#faultAsMiss(error);
    }
  }

  /** The live entry of a key, without side effects. */
  peek(key: string): MaybePromise<CacheEntry | undefined> {
    try {
      const found = this.#tier.peek(key);
      if (CacheEntry.isCacheEntry(found) || !isPromise(found)) return this.#validEntry(key, found);
      return this.#later(key, found, undefined);
    } catch (error) {
      return this.#faultAsMiss(error);
    }
  }

  /** Like `peek`, for several keys with one deadline: a timer for each key would cost more than the lookups. */
  peekMany(keys: readonly string[]): MaybePromise<(CacheEntry | undefined)[]> {
    const tier = this.#tier;
    const found = keys.map((key): MaybePromise<CacheEntry | undefined> => {
      try {
        return tier.peek(key);
      } catch (error) {
        return this.#faultAsMiss(error);
      }
    });
    if (!found.some(isPromise)) return found.map((entry, i) => this.#validEntry(keys[i]!, entry));
    return this.withinDeadline(Promise.allSettled(found)).then(
      (results) =>
        results.map((result, i) =>
          result.status === 'fulfilled' ? this.#validEntry(keys[i]!, result.value) : this.#faultAsMiss(result.reason),
        ),
      (error: unknown) => keys.map(() => this.#faultAsMiss(error)),
    );
  }

  /** Like `get`, for several keys with one call. The answers are in the order of the keys, which must be different. */
  getMany(keys: readonly string[]): MaybePromise<(CacheEntry | undefined)[]> {
    const countLateHits = (result: Promise<unknown>): void => {
      result.then(
        (found) => {
          if (found instanceof Map) this.#lateHits += found.size;
        },
        () => {},
      );
    };
    return this.call<unknown, (CacheEntry | undefined)[]>(
      () => this.#tier.getMany(keys),
      undefined,
      (found) => this.#validEntries(keys, found),
      { onLate: countLateHits },
    );
  }

  #validEntries(keys: readonly string[], found: unknown): (CacheEntry | undefined)[] {
    if (found instanceof Map) return keys.map((key) => this.#validEntry(key, found.get(key)));
    // Nothing was found because of a fault that has been counted already, or the answer itself is the fault.
    if (found !== undefined) this.#wrongType();
    return keys.map(() => undefined);
  }

  #later(
    key: string,
    found: Promise<CacheEntry | undefined>,
    onLate: ((result: Promise<unknown>) => void) | undefined,
  ): Promise<CacheEntry | undefined> {
    return this.withinDeadline(found, onLate).then(
      (entry) => this.#validEntry(key, entry),
      (error: unknown) => this.#faultAsMiss(error),
    );
  }

  #faultAsMiss(error: unknown): undefined {
    if (!(error instanceof CacheValidationError)) this.fault(error);
  }

  /**
   * True if the work succeeded and nothing failed meanwhile; with `onRefused` (for a put) it must also resolve to
   * `true`.
   */
  async attempt(work: () => MaybePromise<unknown>, { onLate, onRefused }: FaultHooks<void> = {}): Promise<boolean> {
    const before = this.failures;
    try {
      const answer = await this.withinDeadline(work(), onLate);
      return !this.failedSince(before) && (onRefused === undefined || answer === true);
    } catch (error) {
      if (onRefused !== undefined && error instanceof CacheValidationError) onRefused(error);
      else this.report(error);
      return false;
    }
  }

  /**
   * Resolves to the answer. If it misses the deadline, rejects with a CacheStorageError and takes the tier out of use.
   */
  withinDeadline<T>(answer: MaybePromise<T>, onLate?: (result: Promise<unknown>) => void): Promise<T> {
    if (!isPromise(answer)) return Promise.resolve(answer);
    return withDeadline(answer, this.#options.timeoutMs, this.#options.name, (result) => {
      onLate?.(result);
      // One missed deadline is enough: other callers need not wait for theirs.
      this.#options.onTrip();
    });
  }

  /**
   * Removes expired entries. This may take several deadlines if the tier answers a small request after each of them.
   */
  async cleanupExpired(): Promise<number> {
    try {
      const removed = this.#tier.cleanupExpired();
      if (!isPromise(removed)) return this.validKind(removed, 0);
      for (let deadline = 1; deadline < CLEANUP_DEADLINES; deadline++) {
        if (await settlesWithin(removed, this.#options.timeoutMs)) break;
        await this.withinDeadline(this.#tier.has('\0pw-cache:probe'));
      }
      return this.validKind(await this.withinDeadline(removed), 0);
    } catch (error) {
      this.fault(error);
      return 0;
    }
  }

  /**
   * The items of a stream. Each must arrive within the deadline. The iterator is closed if the consumer stops early.
   */
  async *stream<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
    if (Symbol.iterator in items) {
      yield* items;
      return;
    }
    // A promise is not a stream, and its rejection must not go unhandled.
    if (isPromise(items as MaybePromise<unknown>)) await this.withinDeadline(items as unknown as Promise<unknown>);
    const iterator = items[Symbol.asyncIterator]();
    let hasEnded = false;
    try {
      for (;;) {
        const next = await this.withinDeadline(iterator.next(), () => {
          hasEnded = true;
        });
        if (next.done === true) {
          hasEnded = true;
          return;
        }
        yield next.value;
      }
    } finally {
      // Not after a missed deadline: `return` would hang too.
      if (!hasEnded && iterator.return !== undefined) await this.withinDeadline(iterator.return());
    }
  }

  /**
   * The tier's answer if it is the entry of the key, with the credentials in its URL moved to their fields. Anything
   * else is a fault, and becomes `undefined`.
   */
  #validEntry(key: string, found: unknown): CacheEntry | undefined {
    if (found === undefined || found === null) return undefined;
    if (CacheEntry.isCacheEntry(found) && found.key === key)
      return this.#holdsOnlyOurEntries ? found : extractUrlCredentials(found);
    const { name } = this.#options;
    this.fault(
      new CacheStorageError(`${name}: the tier returned something other than the entry of the key`, { tier: name }),
    );
    return undefined;
  }

  /**
   * The answer if it has the fallback's type (array, number, boolean), else the fallback. An `undefined` fallback
   * allows any type.
   */
  validKind<T>(answer: T, fallback: T): T {
    const isValid = Array.isArray(fallback) ? Array.isArray(answer) : typeof answer === typeof fallback;
    if (fallback === undefined || isValid) return answer;
    this.#wrongType();
    return fallback;
  }

  #wrongType(): void {
    const { name } = this.#options;
    this.fault(new CacheStorageError(`${name}: the tier returned a value of the wrong type`, { tier: name }));
  }

  /** Reads a property of the tier; `undefined` if that throws. */
  inspect<T>(read: (tier: CacheTier) => T): T | undefined {
    try {
      return read(this.#tier);
    } catch {
      return undefined;
    }
  }

  /**
   * False if the tier has disabled itself, or if reading that throws. Creates no closure, because it is called for
   * every read.
   */
  get isEnabled(): boolean {
    try {
      return this.#tier.enabled;
    } catch {
      return false;
    }
  }

  /** The number of failures that the tier itself has counted. */
  get failures(): number {
    return this.#total ?? 0;
  }

  /** True if the tier has counted a failure since `failures` was `before`, or is switched off. */
  failedSince(before: number): boolean {
    if (!this.isEnabled) return true;
    const total = this.#total;
    // If the number cannot be read, any current failure must be attributed to this operation.
    return total === undefined ? this.inspect((tier) => tier.failureCount) !== 0 : total > before;
  }

  /** The number of faults so far, counted by the tier or here; it never decreases. */
  get faults(): number {
    return this.#total ?? this.#reported;
  }

  get #total(): number | undefined {
    const total = this.inspect((tier) => tier.totalFailures);
    return Number.isFinite(total) ? total : undefined;
  }

  /**
   * The tier's counts, as far as they are valid numbers. A hit after the deadline counts as a miss, because it was one
   * for the caller.
   */
  get statistics(): TierStatistics {
    const reported = this.inspect((tier) => tier.statistics) as Partial<Record<string, unknown>> | undefined;
    const counts = new TierStatistics();
    for (const name of Object.keys(counts) as (keyof TierCounts)[]) {
      const count = reported?.[name];
      if (typeof count === 'number' && count >= 0) counts[name] = count;
    }
    const late = Math.min(this.#lateHits, counts.hits);
    counts.hits -= late;
    counts.misses += late;
    return counts;
  }

  /** The last error that the tier threw or rejected with. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Reports a fault to the tier, which may disable itself. */
  fault(error: unknown): void {
    this.report(error);
    if (!this.isEnabled) this.#options.onTrip();
  }

  /** Reports a failure to the tier. If even that throws, the tier is taken out of use. */
  report(error: unknown): void {
    this.#reported++;
    this.#lastError = error;
    try {
      // Typed as void, but an async method satisfies that type too.
      ignoreRejection(this.#tier.handleFailure(error));
    } catch {
      const { logger, name } = this.#options;
      logger.warn({ tier: name }, 'tier threw from handleFailure; it is out of use until it recovers');
      this.#options.onTrip();
    }
  }
}
