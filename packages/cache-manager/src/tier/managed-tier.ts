import {
  type AccessUpdate,
  CacheEntry,
  CacheError,
  CacheStorageError,
  type CacheTier,
  CacheValidationError,
  isPromise,
  type MaybePromise,
  moveUserInfo,
  type RemovalReason,
  type SideValues,
  type TierStatistics,
} from '@pw/cache-models';
import { withDeadline } from '../scheduling/deadline.ts';
import { allOf, Slicer } from '../scheduling/slicer.ts';
import { TierSwitch } from './circuit-breaker.ts';
import { TierGuard } from './fault-boundary.ts';
import type { TierSlotOptions } from './managed-tier-options.ts';
import type { MissedWrites } from './missed-writes.ts';
import { type SliceHooks, SlotWrites } from './tier-writes.ts';

/** Closing takes longer than an answer: a tier stores what it has kept in memory. */
const CLOSING_DEADLINES = 6;

/**
 * A tier's place in a stack, and the wall around it: whatever the tier does (throws, rejects, hangs, answers nonsense), a
 * slot answers as for a miss and counts a failure of the tier.
 *
 * While it is not on (see {@link TierSwitch}), and for keys whose last write it missed or may still get too late, the tier is
 * not read: it could answer with a value that was replaced or deleted.
 */
export class TierSlot {
  readonly name: string;
  readonly level: number;
  readonly tier: CacheTier;
  /** True if the tier answers with values, never with promises. */
  readonly isSynchronous: boolean;
  readonly missed: MissedWrites;
  readonly #options: TierSlotOptions;
  readonly #guard: TierGuard;
  readonly #power: TierSwitch;
  readonly #writes: SlotWrites;
  readonly #readSlices = new Slicer();

  constructor(tier: CacheTier, options: TierSlotOptions) {
    this.tier = tier;
    this.name = options.name;
    this.level = options.level;
    this.#options = options;
    this.isSynchronous = tier.capabilities.synchronous;
    const { name, logger, timeoutMs, maxTtlMs } = options;
    const isFed = options.level === 0 && !tier.capabilities.persistent && !tier.capabilities.shared;
    const now = () => this.now();
    this.#guard = new TierGuard(tier, { name, logger, timeoutMs, isFed, onOff: () => this.#power.off() });
    this.#power = new TierSwitch({
      isEnabled: () => this.#guard.enabled,
      hasMissed: () => this.#writes.hasMissed,
      hasMissedWrites: () => !this.missed.isEmpty,
      replay: (force, done) => this.#writes.replay(force, done),
      now,
      onDegraded: () => options.onDegraded(this),
      onRecovered: () => options.onRecovered(this),
    });
    const parts = { name, tier, isSynchronous: this.isSynchronous, guard: this.#guard, power: this.#power };
    this.#writes = new SlotWrites({ ...parts, logger, now, maxTtlMs });
    this.missed = this.#writes.missed;
  }

  /** True while the tier takes reads and writes. Notices when the tier has switched itself off. */
  get usable(): boolean {
    this.#power.notice();
    return this.#power.isOn;
  }

  /** True while the tier is off because of failures. */
  get degraded(): boolean {
    return !this.usable && !this.#power.isClosed;
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
      this.#power.off();
      throw error;
    }
  }

  /** The live entry of a key. */
  read(key: string): MaybePromise<CacheEntry | undefined> {
    return this.answersFor(key) ? this.#guard.read(key) : undefined;
  }

  /** As `read`, and counts the access in the entry if the tier can; see {@link TierSlot.countsAccesses}. */
  touch(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.#power.isOn || this.missed.covers(key)) return undefined;
    return this.#guard.touch(key) ?? this.#nothing();
  }

  /** True if `touch` leaves the access counted in the entry. */
  get countsAccesses(): boolean {
    return this.tier.touch !== undefined;
  }

  /** The live entry of a key with as little trace as the tier allows. */
  look(key: string): MaybePromise<CacheEntry | undefined> {
    if (!this.#power.isOn || this.missed.covers(key)) return undefined;
    return this.#guard.look(key) ?? this.#nothing();
  }

  /** A tier that has switched itself off has no answer: that is early enough to notice, for all writes look before they are made. */
  #nothing(): undefined {
    this.#power.notice();
  }

  /** What `look` finds of several keys, in their order. A tier that answers at once is asked in slices. */
  lookMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    const lookAll = (some: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> => {
      if (!this.usable) return some.map(() => undefined);
      if (this.missed.isEmpty) return this.#guard.lookMany(some);
      return allOf(some.map((key) => this.look(key)));
    };
    return this.isSynchronous ? this.#readSlices.run(keys, lookAll) : lookAll(keys);
  }

  /** The time, in epoch milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Stores an entry; what fails is noted for replay. */
  write(key: string, entry: CacheEntry): MaybePromise<boolean> {
    return this.#writes.write(key, entry);
  }

  /** See {@link SlotWrites.writeMany}. */
  writeMany(entries: readonly CacheEntry[], hooks?: SliceHooks): MaybePromise<readonly boolean[]> {
    return this.#writes.writeMany(entries, hooks);
  }

  /** As `writeMany`, in one step. */
  writeAll(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    return this.#writes.writeAll(entries);
  }

  /** Removes an entry; true if it was there. What fails is noted for replay. */
  erase(key: string, reason?: RemovalReason): MaybePromise<boolean> {
    return this.#writes.erase(key, reason);
  }

  /** Removes several entries and tells which were there. */
  eraseMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return this.#writes.eraseMany(keys);
  }

  /** Removes everything. */
  eraseAll(): MaybePromise<void> {
    return this.#writes.eraseAll();
  }

  /** Stores accesses; what the tier cannot take now it gets when it is back. False if it failed under them. */
  recordAccess(updates: readonly AccessUpdate[]): Promise<boolean> {
    return this.#writes.recordAccess(updates);
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

  /**
   * Works with the values that lie beside the tier's entries. Rejects with a CacheError for a fault, which counts as one of the tier, for an answer that does not come
   * in time, and while the tier is off: "there is none" must be true.
   */
  async withSideValues<T>(work: (values: SideValues) => MaybePromise<T>): Promise<T> {
    const { name } = this;
    const values = this.tell((tier) => tier.sideValues);
    if (!this.usable || values === undefined)
      throw new CacheStorageError(`${name}: the tier is off, or keeps no values beside its entries`, { tier: name });
    try {
      return await this.#guard.inTime(work(values));
    } catch (error) {
      if (error instanceof CacheValidationError) throw error;
      this.#guard.fault(error);
      if (error instanceof CacheError) throw error;
      throw new CacheStorageError(`${name}: a value beside the entries cannot be read or stored`, { tier: name });
    }
  }

  /** Ends the slot's work: an operation that is still under way must not open the tier again. Rejects if the tier does, or does not close in time. */
  async close(): Promise<void> {
    this.#power.close();
    const { name, timeoutMs } = this.#options;
    const closed = this.tier.close();
    if (isPromise(closed)) await withDeadline(closed, timeoutMs * CLOSING_DEADLINES, name);
  }

  /** One more try to replay what the tier missed, due or not. */
  catchUp(): Promise<void> {
    return this.#power.catchUp();
  }

  /** True when a tier that is off, or that missed writes, is due for another try. */
  get recoveryDue(): boolean {
    return this.#power.isDue;
  }

  /** See {@link TierSwitch.recover}. */
  recover(): Promise<void> {
    return this.#power.recover();
  }
}
