import {
  type AccessUpdate,
  CacheEntry,
  type CacheTier,
  type CacheValidationError,
  chain,
  isPromise,
  type MaybePromise,
  RemovalReason,
  type TierStatistics,
} from '@pw/cache-models';
import { capLife } from './cap-life.ts';
import { withDeadline } from './deadline.ts';
import { DOUBT_MS, type Doubt, DoubtfulWrites, isBelievable } from './doubtful-writes.ts';
import { inSlices } from './in-slices.ts';
import { MissedAccesses } from './missed-accesses.ts';
import { MissedWrites } from './missed-writes.ts';
import { moveUserInfo } from './move-user-info.ts';
import { type Replayed, replayMissed } from './replay-missed.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { allOf, Slicer } from './slicer.ts';
import { TierGuard } from './tier-guard.ts';
import type { TierSlotOptions } from './tier-slot-options.ts';
import { WeakTimer } from './weak-timer.ts';

/** Closing takes longer than an answer: a tier stores what it has kept in memory. */
const CLOSING_DEADLINES = 6;

/** Told of each slice of a batch before and after it is stored. */
export interface SliceHooks {
  before?(slice: readonly CacheEntry[]): void;
  after?(slice: readonly CacheEntry[]): void;
}

type State = 'on' | 'off' | 'probing' | 'closed';

/**
 * A tier's place in a stack, and the wall around it: whatever the tier does (throws, rejects, hangs, answers nonsense), a
 * slot answers as for a miss and counts a failure of the tier.
 *
 * on → off when the tier is switched off by failures, or lets one deadline pass; off → probing when a retry is due; probing → on when everything
 * missed is replayed, else → off with twice the wait. While it is not on, and for keys whose last write it missed or may
 * still get too late, the tier is not read: it could answer with a value that was replaced or deleted.
 */
export class TierSlot {
  readonly name: string;
  readonly level: number;
  readonly tier: CacheTier;
  /** True if the tier answers with values, never with promises. */
  readonly isSynchronous: boolean;
  readonly missed = new MissedWrites();
  readonly #options: TierSlotOptions;
  readonly #guard: TierGuard;
  readonly #doubts = new DoubtfulWrites();
  readonly #retry = new RetrySchedule();
  readonly #accesses = new MissedAccesses();
  /** A tier comes back by itself, also where nobody asks anything but the first one. */
  readonly #timer = new WeakTimer<TierSlot>(this, (slot) => slot.#recoverByItself());
  #recovery: Promise<void> | undefined;
  readonly #writeSlices = new Slicer();
  readonly #readSlices = new Slicer();
  readonly #accessSlices = new Slicer();
  #state: State = 'on';
  #warnedOfRefusal = false;

  constructor(tier: CacheTier, options: TierSlotOptions) {
    this.tier = tier;
    this.name = options.name;
    this.level = options.level;
    this.#options = options;
    this.isSynchronous = tier.capabilities.synchronous;
    const { name, logger, timeoutMs } = options;
    const isFed = options.level === 0 && !tier.capabilities.persistent && !tier.capabilities.shared;
    this.#guard = new TierGuard(tier, { name, logger, timeoutMs, isFed, onOff: () => this.#switchOff() });
  }

  /** True while the tier takes reads and writes. Notices when the tier has switched itself off. */
  get usable(): boolean {
    this.#noticeSwitch();
    return this.#state === 'on';
  }

  /** True while the tier is off because of failures. */
  get degraded(): boolean {
    return !this.usable && this.#state !== 'closed';
  }

  /** True if the tier may be asked for the key. */
  answersFor(key: string): boolean {
    return this.usable && !this.missed.covers(key);
  }

  /** True if the tier may be asked for everything: it is on and has missed nothing. */
  get isComplete(): boolean {
    return this.usable && this.missed.isEmpty;
  }

  /** What the tier threw last, if it let that out. */
  get lastError(): unknown {
    return this.#guard.lastError;
  }

  /** True if entries live shorter here than elsewhere: what this tier says of their end holds for itself alone. */
  get isCapped(): boolean {
    return this.#options.maxTtlMs !== undefined;
  }

  /** What the tier says of itself; `undefined` if that throws. */
  tell<T>(read: (tier: CacheTier) => T): T | undefined {
    return this.#guard.tell(read);
  }

  /** A snapshot of the tier's counts. */
  get statistics(): TierStatistics {
    return this.#guard.statistics;
  }

  /** Faults of the tier so far; it only grows. */
  get faults(): number {
    return this.#guard.faults;
  }

  /** Opens the tier; a failure switches it off. Throws what the tier threw. */
  async open(): Promise<void> {
    try {
      await this.#guard.inTime(this.tier.open());
    } catch (error) {
      this.#guard.report(error);
      this.#switchOff();
      throw error;
    }
  }

  /** The live entry of a key. */
  read(key: string): MaybePromise<CacheEntry | undefined> {
    return this.answersFor(key) ? this.#guard.read(key) : undefined;
  }

  /** As `read`, and counts the access in the entry if the tier can; see {@link TierSlot.countsAccesses}. */
  touch(key: string): MaybePromise<CacheEntry | undefined> {
    if (this.#state !== 'on' || this.missed.covers(key)) return undefined;
    const found = this.#guard.touch(key);
    // A tier that has switched itself off has no answer: this is early enough to notice, for all writes look before they are made.
    if (found === undefined) this.#noticeSwitch();
    return found;
  }

  /** True if `touch` leaves the access counted in the entry. */
  get countsAccesses(): boolean {
    return this.tier.touch !== undefined;
  }

  /** The live entry of a key with as little trace as the tier allows. */
  look(key: string): MaybePromise<CacheEntry | undefined> {
    return this.#guard.look(key);
  }

  /** What `look` finds of several keys, in their order. A tier that answers at once is asked in slices. */
  lookMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    const lookAll = (some: readonly string[]) =>
      allOf(some.map((key) => (this.answersFor(key) ? this.#guard.look(key) : undefined)));
    return this.isSynchronous ? this.#readSlices.run(keys, lookAll) : lookAll(keys);
  }

  /** The time, in epoch milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Stores an entry; what fails is noted for replay. */
  write(key: string, entry: CacheEntry): MaybePromise<boolean> {
    const doubt = this.#begin(key, entry);
    if (!this.#takesWrites) {
      this.missed.note(key, entry);
      return false;
    }
    return this.#guard.ask<boolean, MaybePromise<boolean>>(
      () => this.tier.put(key, this.#capped(entry)),
      false,
      (stored) => this.#wrote(key, entry, stored === true, doubt),
      { refused: (error) => this.#refused(key, error), late: this.#late([key]) },
    );
  }

  /**
   * Stores several entries and tells which are stored. Many go to the tier in slices; with one that answers at once the hooks
   * are called in the same step as their slice is stored.
   */
  writeMany(entries: readonly CacheEntry[], { before, after }: SliceHooks = {}): MaybePromise<readonly boolean[]> {
    const write = (slice: readonly CacheEntry[]) => {
      before?.(slice);
      return chain(this.writeAll(slice), (stored) => {
        after?.(slice);
        return stored;
      });
    };
    return this.isSynchronous ? this.#writeSlices.run(entries, write) : inSlices(entries, write);
  }

  /** As `writeMany`, in one step. */
  writeAll(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const keys = entries.map((entry) => entry.key);
    const doubts = entries.map((entry) => this.#begin(entry.key, entry));
    const wrote = (value: boolean[] | undefined) =>
      entries.map((entry, i) => this.#wrote(entry.key, entry, value?.[i] === true, doubts[i]));
    if (!this.#takesWrites) return wrote(undefined);
    return this.#guard.ask<boolean[] | undefined, MaybePromise<boolean[]>>(
      () => this.tier.putMany(this.isCapped ? entries.map((entry) => this.#capped(entry)) : entries),
      undefined,
      wrote,
      {
        // One of them is refused: the others go in one by one.
        refused: () => Promise.all(entries.map((entry) => this.write(entry.key, entry))),
        late: this.#late(keys),
      },
    );
  }

  /** Removes an entry; true if it was there. What fails is noted for replay. */
  erase(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): MaybePromise<boolean> {
    const doubt = this.#begin(key, null);
    if (!this.#takesWrites) {
      this.missed.note(key, null);
      return false;
    }
    const before = this.#guard.failures;
    return this.#guard.ask<boolean | undefined, boolean>(
      () => this.tier.delete(key, reason),
      undefined,
      (was) => this.#erased(key, was, before, doubt),
      { late: this.#late([key]) },
    );
  }

  /** Removes several entries and tells which were there. */
  eraseMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return inSlices(keys, (slice) => this.#eraseAll(slice));
  }

  #eraseAll(keys: readonly string[]): MaybePromise<boolean[]> {
    const doubts = keys.map((key) => this.#begin(key, null));
    const before = this.#guard.failures;
    const all = (value: boolean[] | undefined) =>
      keys.map((key, i) => this.#erased(key, value?.[i], before, doubts[i]));
    if (!this.#takesWrites) return all(undefined);
    return this.#guard.ask(() => this.tier.deleteMany(keys), undefined, all, { late: this.#late(keys) });
  }

  /** Removes everything. */
  eraseAll(): MaybePromise<void> {
    const before = this.#guard.failures;
    this.#accesses.clear();
    const done = (count: number | undefined) => {
      const missed = count === undefined || this.#guard.failedSince(before);
      this.missed.reset(missed);
      for (const key of this.#doubts.beginClear()) this.#noteFailure(key, null);
      if (missed) this.#tryAgainSoon();
    };
    if (!this.usable) return done(undefined);
    return this.#guard.ask<number | undefined, void>(() => this.tier.clear(), undefined, done);
  }

  /** The live entries of the tier; a fault, or one that does not come in time, ends the stream. */
  async *entries(): AsyncGenerator<CacheEntry> {
    if (!this.usable) return;
    try {
      for await (const entry of this.#guard.stream(this.tier.entries()))
        if (CacheEntry.isCacheEntry(entry)) yield moveUserInfo(entry);
    } catch (error) {
      this.#guard.fault(error);
    }
  }

  /** Stores accesses; what the tier cannot take now it gets when it is back. False if it failed under them. */
  async recordAccess(updates: readonly AccessUpdate[]): Promise<boolean> {
    const known = updates.filter(({ key }) => this.answersFor(key));
    for (const update of updates) if (!this.answersFor(update.key)) this.#accesses.note(update);
    const before = this.faults;
    const record = (slice: readonly AccessUpdate[]) =>
      chain(
        this.ask((tier) => tier.recordAccess?.(slice) ?? 0, 0),
        () => slice,
      );
    await (this.isSynchronous ? this.#accessSlices.run(known, record) : record(known));
    return this.faults === before;
  }

  /** Removes what has expired and tells how many that were. */
  sweep(): MaybePromise<number> {
    return this.usable ? this.#guard.sweep() : 0;
  }

  /** Any other question to the tier; the fallback when it is off or fails. */
  ask<T>(question: (tier: CacheTier) => MaybePromise<T>, fallback: T): MaybePromise<T> {
    if (!this.usable) return fallback;
    return this.#guard.ask(
      () => question(this.tier),
      fallback,
      (answer) => this.#guard.ofKind(answer, fallback),
    ) as MaybePromise<T>;
  }

  /** Ends the slot's work: an operation that is still under way must not open the tier again. Rejects if the tier does, or does not close in time. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#timer.stop();
    const { name, timeoutMs } = this.#options;
    const closed = this.tier.close();
    if (isPromise(closed)) await withDeadline(closed, timeoutMs * CLOSING_DEADLINES, name);
  }

  /** One more try to replay what the tier missed, due or not. */
  async catchUp(): Promise<void> {
    await this.#recovery;
    if (this.#state !== 'closed' && this.#hasMissed) await this.recover(true);
  }

  /** True when a tier that is off, or that missed writes, is due for another try. */
  get recoveryDue(): boolean {
    if (this.#state === 'probing' || this.#state === 'closed') return false;
    // A tier that is well, as nearly always, is not worth a look at the clock.
    if (this.#state === 'on' && !this.#hasMissed && this.#guard.enabled) return false;
    return this.#retry.isDue(this.now()) && (!this.usable || this.#hasMissed);
  }

  /**
   * Tries the tier again and replays what it missed; doubles the wait if that fails. Keys with a write that may still land wait until
   * it has, unless `force`. Never rejects.
   */
  recover(force = false): Promise<void> {
    this.#recovery = this.#recover(force);
    return this.#recovery;
  }

  async #recover(force: boolean): Promise<void> {
    const wasOff = this.#state !== 'on';
    this.#state = 'probing';
    const replayed = await replayMissed(this.#replayed, force, () => this.#isBack(wasOff));
    // Closed meanwhile: nothing is to be said of the tier any more.
    if (replayed || (this.#state as State) === 'closed') return;
    this.#state = 'off';
    this.#retry.putOff(this.now(), true);
    this.#wakeUp();
    if (!wasOff) this.#options.onDegraded(this);
  }

  #isBack(wasOff: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = 'on';
    this.#retry.done(this.missed.isEmpty ? 0 : this.now() + DOUBT_MS);
    if (!this.missed.isEmpty) this.#wakeUp();
    if (wasOff) this.#options.onRecovered(this);
  }

  #recoverByItself(): void {
    if (this.recoveryDue) void this.recover();
    else if (this.#state !== 'closed' && (!this.usable || this.#hasMissed)) this.#wakeUp();
  }

  #wakeUp(): void {
    this.#timer.start(this.#retry.waitAt(this.now()));
  }

  #tryAgainSoon(): void {
    this.#retry.soon(this.now());
    if (this.#state === 'on') this.#wakeUp();
  }

  get #hasMissed(): boolean {
    return !this.missed.isEmpty || this.#accesses.size > 0;
  }

  /** A write of the key begins: it brings its count of accesses with it. */
  #begin(key: string, wanted: CacheEntry | null): Doubt | undefined {
    this.#accesses.forget(key);
    return this.#doubts.begin(key, wanted);
  }

  get #replayed(): Replayed {
    const { tier, missed } = this;
    const late = (key: string) => this.#late([key]);
    const fit = (entry: CacheEntry) => this.#capped(entry);
    return {
      tier,
      missed,
      accesses: this.#accesses,
      guard: this.#guard,
      doubts: this.#doubts,
      now: () => this.now(),
      fit,
      late,
    };
  }

  /** False while everything in the tier is to go: what is written now would go with it. */
  get #takesWrites(): boolean {
    return this.usable && !this.missed.overflowed;
  }

  #capped(entry: CacheEntry): CacheEntry {
    return capLife(entry, this.#options.maxTtlMs, this.now());
  }

  /** A write got no answer in time: it may land after a later one, so its keys are repaired once it has settled. */
  #late(keys: readonly string[]): (answer: Promise<unknown>) => void {
    return (answer) =>
      this.#doubts.add(keys, answer, this.now(), (key, wanted) => {
        if (wanted === undefined || this.#state === 'closed') return;
        this.missed.note(key, wanted);
        this.#wakeUp();
        this.#retry.atOnce(this.now());
      });
  }

  #wrote(key: string, entry: CacheEntry, stored: boolean, doubt: Doubt | undefined): boolean {
    if (stored && isBelievable(doubt, this.now())) this.missed.forget(key);
    else this.#noteFailure(key, entry);
    return stored;
  }

  #erased(key: string, was: boolean | undefined, before: number, doubt: Doubt | undefined): boolean {
    // `false` means "was not there" if nothing failed meanwhile, else perhaps "could not".
    const isGone = was === true || (was === false && !this.#guard.failedSince(before));
    if (isGone && isBelievable(doubt, this.now())) this.missed.forget(key);
    else this.#noteFailure(key, null);
    return was === true;
  }

  #noteFailure(key: string, entry: CacheEntry | null): void {
    // One whose own write has just been given up learns here what it should hold.
    this.#doubts.begin(key, entry);
    this.missed.note(key, entry);
    this.#tryAgainSoon();
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

  #noticeSwitch(): void {
    if (this.#state === 'on' && !this.#guard.enabled) this.#switchOff();
  }

  #switchOff(): void {
    // A probe that is under way ends by itself, and says what came of it.
    if (this.#state !== 'on') return;
    this.#state = 'off';
    this.#retry.putOff(this.now(), false);
    this.#wakeUp();
    this.#options.onDegraded(this);
  }
}
