import {
  CacheEntry,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  isPromise,
  type Logger,
  type MaybePromise,
  moveUserInfo,
  type TierCounts,
  TierStatistics,
} from '@pw/cache-models';
import { settlesWithin, withDeadline } from '../scheduling/deadline.ts';

export interface TierGuardOptions {
  readonly name: string;
  readonly logger: Logger;
  /** Longest wait for one answer of an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  /** The tier holds nothing but what this cache wrote into it: it is the first one, and keeps its entries for this process alone. */
  readonly isFed: boolean;
  /** The tier is off, did not answer in time, or cannot be used any more. */
  readonly onOff: () => void;
}

/** What happens beside the usual. */
export interface GuardHooks<U> {
  /** The tier will not take such an argument, which is no fault of it. Default: as after a fault. */
  readonly refused?: (error: CacheValidationError) => U;
  /** The answer did not come in time; it may still come. */
  readonly late?: (answer: Promise<unknown>) => void;
}

/** A sweep of millions takes longer than an answer: so many deadlines. */
const SWEEP_DEADLINES = 20;

/** Asks a tier and bears whatever it does: throws, rejects, hangs, answers nonsense. Each is a failure of the tier. */
export class TierGuard {
  readonly #tier: CacheTier;
  readonly #options: TierGuardOptions;
  #reported = 0;
  #lastError: unknown;
  #lateHits = 0;
  readonly #noteLate = (answer: Promise<unknown>): void => {
    answer.then(
      (found) => {
        if (CacheEntry.isCacheEntry(found)) this.#lateHits++;
      },
      () => {},
    );
  };

  constructor(tier: CacheTier, options: TierGuardOptions) {
    this.#tier = tier;
    this.#options = options;
  }

  /** Asks the tier; `then` sees its answer, or the fallback after a fault. */
  ask<T, U>(
    work: () => MaybePromise<T>,
    fallback: T,
    then: (answer: T) => U,
    hooks: GuardHooks<U> = {},
  ): MaybePromise<Awaited<U>> {
    type Answer = MaybePromise<Awaited<U>>;
    const failed = (error: unknown): U => {
      if (error instanceof CacheValidationError)
        return hooks.refused === undefined ? then(fallback) : hooks.refused(error);
      this.fault(error);
      return then(fallback);
    };
    let answer: MaybePromise<T>;
    try {
      answer = work();
    } catch (error) {
      return failed(error) as Answer;
    }
    if (!isPromise(answer)) return then(answer) as Answer;
    return this.inTime(answer, hooks.late).then(then, failed) as Answer;
  }

  /** The live entry of a key. Makes no closure when the tier answers at once: all speed depends on it, and on the next two. */
  read(key: string): MaybePromise<CacheEntry | undefined> {
    const tier = this.#tier;
    try {
      const found = tier.getNow === undefined ? tier.get(key) : tier.getNow(key);
      return isPromise(found) ? this.#later(key, found, this.#noteLate) : this.sane(key, found);
    } catch (error) {
      return this.#nothing(error);
    }
  }

  /** As `read`, with the access counted in the entry if the tier can. */
  touch(key: string): MaybePromise<CacheEntry | undefined> {
    const tier = this.#tier;
    try {
      const found = tier.touch === undefined ? tier.get(key) : tier.touch(key);
      return isPromise(found) ? this.#later(key, found, this.#noteLate) : this.sane(key, found);
    } catch (error) {
      return this.#nothing(error);
    }
  }

  /** As `read`, with as little trace as the tier allows. */
  look(key: string): MaybePromise<CacheEntry | undefined> {
    const tier = this.#tier;
    try {
      const found = tier.peek === undefined ? tier.get(key) : tier.peek(key);
      if (!isPromise(found)) return this.sane(key, found);
      return this.#later(key, found, tier.peek === undefined ? this.#noteLate : undefined);
    } catch (error) {
      return this.#nothing(error);
    }
  }

  /** As `look`, of several keys under one deadline: a timer for each would cost more than the lookups. */
  lookMany(keys: readonly string[]): MaybePromise<(CacheEntry | undefined)[]> {
    const tier = this.#tier;
    const found = keys.map((key): MaybePromise<CacheEntry | undefined> => {
      try {
        return tier.peek === undefined ? tier.get(key) : tier.peek(key);
      } catch (error) {
        return this.#nothing(error);
      }
    });
    if (!found.some(isPromise)) return found.map((entry, i) => this.sane(keys[i]!, entry));
    // A look that is a get counts a hit, which was a miss for whoever did not wait for it.
    const late =
      tier.peek === undefined ? () => found.filter((one) => isPromise(one)).forEach(this.#noteLate) : undefined;
    return this.inTime(Promise.allSettled(found), late).then(
      (all) =>
        all.map((one, i) => (one.status === 'fulfilled' ? this.sane(keys[i]!, one.value) : this.#nothing(one.reason))),
      (error: unknown) => keys.map(() => this.#nothing(error)),
    );
  }

  #later(
    key: string,
    found: Promise<CacheEntry | undefined>,
    late: ((answer: Promise<unknown>) => void) | undefined,
  ): Promise<CacheEntry | undefined> {
    return this.inTime(found, late).then(
      (entry) => this.sane(key, entry),
      (error: unknown) => this.#nothing(error),
    );
  }

  #nothing(error: unknown): undefined {
    if (!(error instanceof CacheValidationError)) this.fault(error);
  }

  /** True if the work was done and nothing failed meanwhile; with `refused`, for a put, it must also answer `true`. */
  async attempt(work: () => MaybePromise<unknown>, { late, refused }: GuardHooks<void> = {}): Promise<boolean> {
    const before = this.failures;
    try {
      const answer = await this.inTime(work(), late);
      return !this.failedSince(before) && (refused === undefined || answer === true);
    } catch (error) {
      if (refused !== undefined && error instanceof CacheValidationError) refused(error);
      else this.report(error);
      return false;
    }
  }

  /** The answer, or a CacheStorageError if it does not come in time: then the tier is off. */
  inTime<T>(answer: MaybePromise<T>, late?: (answer: Promise<unknown>) => void): Promise<T> {
    if (!isPromise(answer)) return Promise.resolve(answer);
    return withDeadline(answer, this.#options.timeoutMs, this.#options.name, (given) => {
      late?.(given);
      // Once is enough: two more callers need not wait as long to learn the same.
      this.#options.onOff();
    });
  }

  /** Removes what has expired. May take long, as long as the tier answers a small question after each deadline. */
  async sweep(): Promise<number> {
    try {
      const removed = this.#tier.cleanupExpired();
      if (!isPromise(removed)) return this.ofKind(removed, 0);
      for (let turn = 1; turn < SWEEP_DEADLINES; turn++) {
        if (await settlesWithin(removed, this.#options.timeoutMs)) break;
        await this.inTime(this.#tier.has('\0pw-cache:probe'));
      }
      return this.ofKind(await this.inTime(removed), 0);
    } catch (error) {
      this.fault(error);
      return 0;
    }
  }

  /** Each item of a stream in time; a stream that is left is closed. */
  async *stream<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
    if (Symbol.iterator in items) {
      yield* items;
      return;
    }
    // A promise is no stream, and its rejection must end here.
    if (isPromise(items as MaybePromise<unknown>)) await this.inTime(items as unknown as Promise<unknown>);
    const iterator = items[Symbol.asyncIterator]();
    let hasEnded = false;
    try {
      for (;;) {
        const next = await this.inTime(iterator.next(), () => {
          hasEnded = true;
        });
        if (next.done === true) {
          hasEnded = true;
          return;
        }
        yield next.value;
      }
    } finally {
      // One that hangs would hang here too.
      if (!hasEnded && iterator.return !== undefined) await this.inTime(iterator.return());
    }
  }

  /** An entry of the tier, fit for use, or `undefined`. */
  sane(key: string, found: unknown): CacheEntry | undefined {
    if (found === undefined || found === null) return undefined;
    if (CacheEntry.isCacheEntry(found) && found.key === key) return this.#options.isFed ? found : moveUserInfo(found);
    const { name } = this.#options;
    this.fault(
      new CacheStorageError(`${name}: the tier answered with something that is not the entry`, { tier: name }),
    );
    return undefined;
  }

  /** The answer if it is of the fallback's kind (a list, a number, a boolean); any will do where the fallback is `undefined`. */
  ofKind<T>(answer: T, fallback: T): T {
    const isOfKind = Array.isArray(fallback) ? Array.isArray(answer) : typeof answer === typeof fallback;
    if (fallback === undefined || isOfKind) return answer;
    const { name } = this.#options;
    this.fault(new CacheStorageError(`${name}: the tier answered with something of the wrong kind`, { tier: name }));
    return fallback;
  }

  /** What the tier says of itself; `undefined` if that throws. */
  tell<T>(read: (tier: CacheTier) => T): T | undefined {
    try {
      return read(this.#tier);
    } catch {
      return undefined;
    }
  }

  /** False when the tier is off, or cannot even tell. Makes no closure: every read asks. */
  get enabled(): boolean {
    try {
      return this.#tier.enabled;
    } catch {
      return false;
    }
  }

  /** Failures that the tier itself has counted. */
  get failures(): number {
    return this.#total ?? 0;
  }

  failedSince(before: number): boolean {
    if (!this.enabled) return true;
    const total = this.#total;
    // Without a count that only grows, any failure that is not over yet has to be taken for this one's.
    return total === undefined ? this.tell((tier) => tier.failureCount) !== 0 : total > before;
  }

  /** Faults so far, seen from here or counted by the tier; it only grows. */
  get faults(): number {
    return this.#total ?? this.#reported;
  }

  get #total(): number | undefined {
    const total = this.tell((tier) => tier.totalFailures);
    return Number.isFinite(total) ? total : undefined;
  }

  /** The tier's counts as far as they are numbers; a hit that came too late was a miss for whoever asked. */
  get statistics(): TierStatistics {
    const told = this.tell((tier) => tier.statistics) as Partial<Record<string, unknown>> | undefined;
    const counts = new TierStatistics();
    for (const name of Object.keys(counts) as (keyof TierCounts)[]) {
      const count = told?.[name];
      if (typeof count === 'number' && count >= 0) counts[name] = count;
    }
    const late = Math.min(this.#lateHits, counts.hits);
    counts.hits -= late;
    counts.misses += late;
    return counts;
  }

  /** What the tier threw last, if it let that out. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Reports a fault, which may switch the tier off. */
  fault(error: unknown): void {
    this.report(error);
    if (!this.enabled) this.#options.onOff();
  }

  /** Tells the tier of a fault; a plugin that cannot bear that must not harm the others. */
  report(error: unknown): void {
    this.#reported++;
    this.#lastError = error;
    try {
      // Typed as void, which an async method satisfies: its rejection must end here too.
      const answer: unknown = this.#tier.handleFailure(error);
      if (isPromise(answer)) answer.then(undefined, () => {});
    } catch {
      const { logger, name } = this.#options;
      logger.warn({ tier: name }, 'tier threw while a failure was reported to it; switched off');
      this.#options.onOff();
    }
  }
}
