import {
  type AccessUpdate,
  type CacheEntry,
  type CacheTier,
  type CacheValidationError,
  chain,
  isPromise,
  type Logger,
  type MaybePromise,
  maskCredentials,
  RemovalReason,
} from '@pw/cache-models';
import { inSlices } from '../scheduling/in-slices.ts';
import { Slicer } from '../scheduling/slicer.ts';
import { capLife } from './cap-ttl.ts';
import type { TierSwitch } from './circuit-breaker.ts';
import type { TierGuard } from './fault-boundary.ts';
import { MissedAccesses } from './missed-accesses.ts';
import { MissedWrites } from './missed-writes.ts';
import { replayMissed } from './replay-missed.ts';
import { type Doubt, DoubtfulWrites, isBelievable } from './unconfirmed-writes.ts';

export interface SlotWritesContext {
  readonly name: string;
  readonly tier: CacheTier;
  /** True if the tier answers with values, never with promises. */
  readonly isSynchronous: boolean;
  readonly guard: TierGuard;
  readonly power: TierSwitch;
  readonly logger: Logger;
  readonly now: () => number;
  /** Longest life of an entry in the tier, in milliseconds; none without it. */
  readonly maxTtlMs: number | undefined;
}

/** Told of each slice of a batch before and after it is stored. */
export interface SliceHooks {
  before?(slice: readonly CacheEntry[]): void;
  after?(slice: readonly CacheEntry[]): void;
}

/**
 * What is written to one tier. A write that the tier could not take, or that got no answer, is noted and replayed; until then
 * the tier is not to be read for its key.
 */
export class SlotWrites {
  readonly missed = new MissedWrites();
  readonly #context: SlotWritesContext;
  readonly #doubts = new DoubtfulWrites();
  readonly #accesses = new MissedAccesses();
  readonly #writeSlices = new Slicer();
  readonly #accessSlices = new Slicer();
  #warnedOfRefusal = false;

  constructor(context: SlotWritesContext) {
    this.#context = context;
  }

  /** True if there is anything to replay. */
  get hasMissed(): boolean {
    return !this.missed.isEmpty || this.#accesses.size > 0;
  }

  /** Stores an entry; what fails is noted for replay. */
  write(key: string, entry: CacheEntry): MaybePromise<boolean> {
    const doubt = this.#begin(key, entry);
    if (!this.#isTaking) {
      this.missed.note(key, entry);
      return false;
    }
    const { guard, tier } = this.#context;
    return guard.ask<boolean, MaybePromise<boolean>>(
      () => tier.put(key, this.#capped(entry)),
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
    return this.#context.isSynchronous ? this.#writeSlices.run(entries, write) : inSlices(entries, write);
  }

  /** As `writeMany`, in one step. */
  writeAll(entries: readonly CacheEntry[]): MaybePromise<boolean[]> {
    const { guard, tier, maxTtlMs } = this.#context;
    const keys = entries.map((entry) => entry.key);
    const doubts = entries.map((entry) => this.#begin(entry.key, entry));
    const wrote = (value: boolean[] | undefined) =>
      entries.map((entry, i) => this.#wrote(entry.key, entry, value?.[i] === true, doubts[i]));
    if (!this.#isTaking) return wrote(undefined);
    return guard.ask<boolean[] | undefined, MaybePromise<boolean[]>>(
      () => tier.putMany(maxTtlMs === undefined ? entries : entries.map((entry) => this.#capped(entry))),
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
    if (!this.#isTaking) {
      this.missed.note(key, null);
      return false;
    }
    const { guard, tier } = this.#context;
    const before = guard.failures;
    return guard.ask<boolean | undefined, boolean>(
      () => tier.delete(key, reason),
      undefined,
      (was) => this.#erased(key, was, before, doubt),
      { late: this.#late([key]) },
    );
  }

  /** Removes several entries and tells which were there. */
  eraseMany(keys: readonly string[]): MaybePromise<readonly boolean[]> {
    return inSlices(keys, (slice) => this.#eraseSlice(slice));
  }

  #eraseSlice(keys: readonly string[]): MaybePromise<boolean[]> {
    const { guard, tier } = this.#context;
    const doubts = keys.map((key) => this.#begin(key, null));
    const before = guard.failures;
    const all = (value: boolean[] | undefined) =>
      keys.map((key, i) => this.#erased(key, value?.[i], before, doubts[i]));
    if (!this.#isTaking) return all(undefined);
    return guard.ask(() => tier.deleteMany(keys), undefined, all, { late: this.#late(keys) });
  }

  /** Removes everything. */
  eraseAll(): MaybePromise<void> {
    const { guard, tier, power } = this.#context;
    const before = guard.failures;
    this.#accesses.clear();
    const done = (count: number | undefined) => {
      const missed = count === undefined || guard.failedSince(before);
      this.missed.reset(missed);
      for (const key of this.#doubts.beginClear()) this.#noteFailure(key, null);
      if (missed) power.trySoon();
    };
    if (!this.#isOn) return done(undefined);
    return guard.ask<number | undefined, void>(() => tier.clear(), undefined, done);
  }

  /** Stores accesses; what the tier cannot take now it gets when it is back. False if it failed under them. */
  async recordAccess(updates: readonly AccessUpdate[]): Promise<boolean> {
    const { guard, tier } = this.#context;
    const isOpenTo = (key: string): boolean => this.#isOn && !this.missed.covers(key);
    const known = updates.filter(({ key }) => isOpenTo(key));
    for (const update of updates) if (!isOpenTo(update.key)) this.#accesses.note(update);
    const before = guard.faults;
    const record = (slice: readonly AccessUpdate[]): MaybePromise<readonly AccessUpdate[]> =>
      this.#isOn
        ? guard.ask(
            () => tier.recordAccess?.(slice),
            undefined,
            () => slice,
          )
        : slice;
    await (this.#context.isSynchronous ? this.#accessSlices.run(known, record) : record(known));
    return guard.faults === before;
  }

  /** Switches the tier on again and makes the writes that it missed; see {@link replayMissed}. */
  replay(force: boolean, done: () => void): Promise<boolean> {
    const { tier, guard, now } = this.#context;
    const late = (key: string) => this.#late([key]);
    const fit = (entry: CacheEntry) => this.#capped(entry);
    const { missed } = this;
    const work = { tier, guard, missed, accesses: this.#accesses, doubts: this.#doubts, now, fit, late };
    return replayMissed(work, force, done);
  }

  get #isOn(): boolean {
    const { power } = this.#context;
    power.notice();
    return power.isOn;
  }

  /** False while everything in the tier is to go: what is written now would go with it. */
  get #isTaking(): boolean {
    return this.#isOn && !this.missed.overflowed;
  }

  #capped(entry: CacheEntry): CacheEntry {
    const { maxTtlMs, now } = this.#context;
    return capLife(entry, maxTtlMs, now());
  }

  /** A write of the key begins: it brings its count of accesses with it. */
  #begin(key: string, wanted: CacheEntry | null): Doubt | undefined {
    this.#accesses.forget(key);
    return this.#doubts.begin(key, wanted);
  }

  /** A write got no answer in time: it may land after a later one, so its keys are repaired once it has settled. */
  #late(keys: readonly string[]): (answer: Promise<unknown>) => void {
    const { power, now } = this.#context;
    return (answer) =>
      this.#doubts.add(keys, answer, now(), (key, wanted) => {
        if (wanted === undefined || power.isClosed) return;
        this.missed.note(key, wanted);
        power.tryAtOnce();
      });
  }

  #wrote(key: string, entry: CacheEntry, stored: boolean, doubt: Doubt | undefined): boolean {
    if (stored && isBelievable(doubt, this.#context.now())) this.missed.forget(key);
    else this.#noteFailure(key, entry);
    return stored;
  }

  #erased(key: string, was: boolean | undefined, before: number, doubt: Doubt | undefined): boolean {
    const { guard, now } = this.#context;
    // `false` means "was not there" if nothing failed meanwhile, else perhaps "could not".
    const isGone = was === true || (was === false && !guard.failedSince(before));
    if (isGone && isBelievable(doubt, now())) this.missed.forget(key);
    else this.#noteFailure(key, null);
    return was === true;
  }

  #noteFailure(key: string, entry: CacheEntry | null): void {
    // One whose own write has just been given up learns here what it should hold.
    this.#doubts.begin(key, entry);
    this.missed.note(key, entry);
    this.#context.power.trySoon();
  }

  /** The tier will not hold such an entry; the value that it may hold for the key is out of date. */
  #refused(key: string, error: CacheValidationError): MaybePromise<boolean> {
    if (!this.#warnedOfRefusal) {
      this.#warnedOfRefusal = true;
      const { logger, name } = this.#context;
      const facts = { tier: name, reason: maskCredentials(error.message) };
      logger.warn(facts, 'tier refuses an entry; it is kept in the other tiers');
    }
    const erased = this.erase(key);
    return isPromise(erased) ? erased.then(() => false) : false;
  }
}
