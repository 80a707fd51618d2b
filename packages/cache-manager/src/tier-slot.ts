import {
  CacheEntry,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  type Clock,
  isPromise,
  type Logger,
  type MaybePromise,
  RemovalReason,
} from '@pw/cache-models';
import { withDeadline } from './deadline.ts';
import { MissedWrites } from './missed-writes.ts';
import { moveUserInfo } from './move-user-info.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

export interface TierSlotOptions {
  readonly name: string;
  readonly level: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Longest wait for one answer of an asynchronous tier, in milliseconds. */
  readonly timeoutMs: number;
  readonly onDegraded: (slot: TierSlot) => void;
  readonly onRecovered: (slot: TierSlot) => void;
}

type State = 'on' | 'off' | 'probing' | 'closed';

/**
 * A tier's place in a stack, and the wall around it: whatever the tier does (throws, rejects, hangs, answers nonsense), a
 * slot answers as for a miss and counts a failure of the tier.
 *
 * on → off when the tier is switched off by failures; off → probing when a retry is due; probing → on when everything
 * missed is replayed, else → off with twice the wait. While it is not on, and for keys whose last write it missed, the
 * tier is not read: it could answer with a value that was replaced or deleted.
 */
export class TierSlot {
  readonly name: string;
  readonly level: number;
  readonly tier: CacheTier;
  readonly missed = new MissedWrites();
  readonly #options: TierSlotOptions;
  #state: State = 'on';
  #retryAt = 0;
  #wait = FIRST_RETRY_MS;
  #warnedOfRefusal = false;

  constructor(tier: CacheTier, options: TierSlotOptions) {
    this.tier = tier;
    this.name = options.name;
    this.level = options.level;
    this.#options = options;
  }

  /** True while the tier takes reads and writes. Notices when the tier has switched itself off. */
  get usable(): boolean {
    if (this.#state !== 'on') return false;
    if (this.tier.enabled) return true;
    this.#switchOff();
    return false;
  }

  /** True while the tier is off because of failures. */
  get degraded(): boolean {
    return !this.usable && this.#state !== 'closed';
  }

  /** True if the tier may be asked for the key. */
  answersFor(key: string): boolean {
    return this.usable && !this.missed.covers(key);
  }

  /** Opens the tier; a failure switches it off. Throws what the tier threw. */
  async open(): Promise<void> {
    try {
      await this.#inTime(this.tier.open());
    } catch (error) {
      this.#report(error);
      this.#switchOff();
      throw error;
    }
  }

  /** The live entry of a key. */
  read(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.answersFor(key)) return undefined;
    return this.#guard(
      () => this.tier.get(key),
      undefined,
      (found) => this.#sane(key, found),
    );
  }

  /** As `read`, and counts the access in the entry if the tier can; see {@link TierSlot.countsAccesses}. */
  touch(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.answersFor(key)) return undefined;
    return this.#guard(
      () => (this.tier.touch === undefined ? this.tier.get(key) : this.tier.touch(key)),
      undefined,
      (found) => this.#sane(key, found),
    );
  }

  /** True if `touch` leaves the access counted in the entry. */
  get countsAccesses(): boolean {
    return this.tier.touch !== undefined;
  }

  /** The live entry of a key with as little trace as the tier allows. */
  look(key: string): MaybePromise<CacheEntry | undefined> {
    const ask = () => (this.tier.peek === undefined ? this.tier.get(key) : this.tier.peek(key));
    return this.#guard(ask, undefined, (found) => this.#sane(key, found));
  }

  /** The time, in epoch milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Stores an entry; what fails is noted for replay. */
  write(key: string, entry: CacheEntry): MaybePromise<boolean> {
    if (!this.#takesWrites) {
      this.missed.note(key, entry);
      return false;
    }
    return this.#guard<boolean, MaybePromise<boolean>>(
      () => this.tier.put(key, entry),
      false,
      (stored) => this.#wrote(key, entry, stored === true),
      (error) => this.#refused(key, error),
    );
  }

  /** Stores several entries and tells which are stored. */
  writeMany(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const all = (value: boolean[] | undefined) =>
      entries.map((entry, i) => this.#wrote(entry.key, entry, value?.[i] === true));
    if (!this.#takesWrites) return all(undefined);
    return this.#guard<boolean[] | undefined, MaybePromise<boolean[]>>(
      () => this.tier.putMany(entries),
      undefined,
      all,
      // One of them is refused: the others go in one by one.
      () => Promise.all(entries.map((entry) => this.write(entry.key, entry))),
    );
  }

  /** Removes an entry; true if it was there. What fails is noted for replay. */
  erase(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): MaybePromise<boolean> {
    if (!this.#takesWrites) {
      this.missed.note(key, null);
      return false;
    }
    const before = this.#failures;
    return this.#guard<boolean | undefined, boolean>(
      () => this.tier.delete(key, reason),
      undefined,
      (was) => this.#erased(key, was, before),
    );
  }

  /** Removes several entries and tells which were there. */
  eraseMany(keys: readonly string[]): MaybePromise<boolean[]> {
    const before = this.#failures;
    const all = (value: boolean[] | undefined) => keys.map((key, i) => this.#erased(key, value?.[i], before));
    if (!this.#takesWrites) return all(undefined);
    return this.#guard<boolean[] | undefined, boolean[]>(() => this.tier.deleteMany(keys), undefined, all);
  }

  /** Removes everything. */
  eraseAll(): MaybePromise<void> {
    const before = this.#failures;
    const done = (count: number | undefined) => {
      const missed = count === undefined || this.#failedSince(before);
      this.missed.reset(missed);
      if (missed) this.#retrySoon();
    };
    if (!this.usable) return done(undefined);
    return this.#guard<number | undefined, void>(() => this.tier.clear(), undefined, done);
  }

  /** The live entries of the tier; a fault ends the stream. */
  async *entries(): AsyncGenerator<CacheEntry> {
    if (!this.usable) return;
    try {
      for await (const entry of this.tier.entries()) if (CacheEntry.isCacheEntry(entry)) yield moveUserInfo(entry);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Any other question to the tier; the fallback when it is off or fails. */
  ask<T>(question: (tier: CacheTier) => MaybePromise<T>, fallback: T): MaybePromise<T> {
    if (!this.usable) return fallback;
    return this.#guard(
      () => question(this.tier),
      fallback,
      (answer) => answer,
    );
  }

  /** Ends the slot's work: an operation that is still under way must not open the tier again. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.tier.close();
  }

  /** One more try to replay what the tier missed, due or not. */
  async catchUp(): Promise<void> {
    if (this.#state !== 'probing' && this.#state !== 'closed' && !this.missed.isEmpty) await this.recover();
  }

  /** True when a tier that is off, or that missed writes, is due for another try. */
  get recoveryDue(): boolean {
    if (this.#state === 'probing' || this.#state === 'closed') return false;
    if (this.#options.clock.now() < this.#retryAt) return false;
    return !this.usable || !this.missed.isEmpty;
  }

  /** Tries the tier again and replays what it missed; doubles the wait if that fails. Never rejects. */
  async recover(): Promise<void> {
    const wasOff = this.#state !== 'on';
    this.#state = 'probing';
    const replayed = await this.#replay();
    // Closed meanwhile: nothing is to be said of the tier any more.
    if ((this.#state as State) === 'closed') return;
    if (replayed) {
      this.#state = 'on';
      this.#wait = FIRST_RETRY_MS;
      this.#retryAt = 0;
      if (wasOff) this.#options.onRecovered(this);
      return;
    }
    this.#state = 'off';
    this.#retryAt = this.#options.clock.now() + this.#wait;
    this.#wait = Math.min(this.#wait * 2, LAST_RETRY_MS);
    if (!wasOff) this.#options.onDegraded(this);
  }

  async #replay(): Promise<boolean> {
    const { tier, missed } = this;
    if (!(await this.#attempt(() => tier.resetFailures()))) return false;
    // A key that cannot exist: the answer does not matter, only that there is one.
    if (!(await this.#attempt(() => tier.has('\0pw-cache:probe')))) return false;
    if (missed.overflowed) {
      if (!(await this.#attempt(() => tier.clear()))) return false;
      missed.emptied();
    }
    for (let write = missed.next(); write !== undefined; write = missed.next()) {
      const [key, entry] = write;
      if (!(await this.#replayOne(key, entry))) return false;
      missed.replayed(key, entry);
    }
    return true;
  }

  /** A put that the tier refuses leaves the key's old value out of date: it goes. */
  async #replayOne(key: string, entry: CacheEntry | null): Promise<boolean> {
    const { tier } = this;
    if (entry === null) return this.#attempt(() => tier.delete(key));
    let refused = false;
    const stored = await this.#attempt(
      () => tier.put(key, entry),
      () => {
        refused = true;
      },
    );
    return refused ? this.#attempt(() => tier.delete(key)) : stored;
  }

  /** True if the work was done and nothing failed meanwhile; with `refused`, for a put, it must also answer `true`. */
  async #attempt(work: () => MaybePromise<unknown>, refused?: () => void): Promise<boolean> {
    const before = this.#failures;
    try {
      const answer = await this.#inTime(work());
      return !this.#failedSince(before) && (refused === undefined || answer === true);
    } catch (error) {
      if (refused !== undefined && error instanceof CacheValidationError) refused();
      else this.#report(error);
      return false;
    }
  }

  /** False while everything in the tier is to go: what is written now would go with it. */
  get #takesWrites(): boolean {
    return this.usable && !this.missed.overflowed;
  }

  get #failures(): number {
    return this.tier.totalFailures ?? 0;
  }

  #failedSince(before: number): boolean {
    const { enabled, totalFailures, failureCount } = this.tier;
    // Without a count that only grows, any failure that is not over yet has to be taken for this one's.
    return !enabled || (totalFailures === undefined ? failureCount > 0 : totalFailures > before);
  }

  #wrote(key: string, entry: CacheEntry, stored: boolean): boolean {
    if (stored) this.missed.forget(key);
    else this.#noteFailure(key, entry);
    return stored;
  }

  #erased(key: string, was: boolean | undefined, before: number): boolean {
    // `false` means "was not there" if nothing failed meanwhile, else perhaps "could not".
    if (was === true || (was === false && !this.#failedSince(before))) this.missed.forget(key);
    else this.#noteFailure(key, null);
    return was === true;
  }

  #noteFailure(key: string, entry: CacheEntry | null): void {
    this.missed.note(key, entry);
    this.#retrySoon();
  }

  #retrySoon(): void {
    if (this.#retryAt === 0) this.#retryAt = this.#options.clock.now() + FIRST_RETRY_MS;
  }

  /** The tier will not hold such an entry; the value that it may hold for the key is out of date. */
  #refused(key: string, error: CacheValidationError): MaybePromise<boolean> {
    if (!this.#warnedOfRefusal) {
      this.#warnedOfRefusal = true;
      this.#options.logger.warn(
        { tier: this.name, reason: error.message },
        'tier refuses an entry; it is kept in the other tiers',
      );
    }
    const erased = this.erase(key);
    return isPromise(erased) ? erased.then(() => false) : false;
  }

  #sane(key: string, found: unknown): CacheEntry | undefined {
    if (found === undefined || found === null) return undefined;
    if (CacheEntry.isCacheEntry(found) && found.key === key) return moveUserInfo(found);
    this.#fault(
      new CacheStorageError(`${this.name}: the tier answered with something that is not the entry`, {
        tier: this.name,
      }),
    );
    return undefined;
  }

  /** Asks the tier; `then` sees its answer, or the fallback after a fault. A wrong argument is no fault of the tier. */
  #guard<T, U>(
    work: () => MaybePromise<T>,
    fallback: T,
    then: (answer: T) => U,
    refused: (error: CacheValidationError) => U = () => then(fallback),
  ): MaybePromise<Awaited<U>> {
    type Answer = MaybePromise<Awaited<U>>;
    const failed = (error: unknown): U => {
      if (error instanceof CacheValidationError) return refused(error);
      this.#fault(error);
      return then(fallback);
    };
    let answer: MaybePromise<T>;
    try {
      answer = work();
    } catch (error) {
      return failed(error) as Answer;
    }
    if (!isPromise(answer)) return then(answer) as Answer;
    return this.#inTime(answer).then(then, failed) as Answer;
  }

  #inTime<T>(answer: MaybePromise<T>): Promise<T> {
    if (!isPromise(answer)) return Promise.resolve(answer);
    return withDeadline(answer, this.#options.timeoutMs, this.name);
  }

  #fault(error: unknown): void {
    this.#report(error);
    if (!this.tier.enabled) this.#switchOff();
  }

  /** Tells the tier of a fault; a plugin that cannot bear that must not harm the others. */
  #report(error: unknown): void {
    try {
      this.tier.handleFailure(error);
    } catch {
      this.#options.logger.warn({ tier: this.name }, 'tier threw while a failure was reported to it; switched off');
      this.#switchOff();
    }
  }

  #switchOff(): void {
    if (this.#state === 'off' || this.#state === 'closed') return;
    this.#state = 'off';
    this.#retryAt = this.#options.clock.now() + this.#wait;
    this.#options.onDegraded(this);
  }
}
