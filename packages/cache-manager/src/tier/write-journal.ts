import type { CacheEntry } from '@pw/cache-models';
import { type AccessUpdate, addHits } from '@pw/cache-models/tier';

/** How many writes a tier may miss. If it misses more, it is cleared instead of replaying them. */
const MISSED_WRITES_LIMIT = 10_000;

/** Stands for all keys: the tier must be cleared, and no value in it can be trusted until then. */
const EVERYTHING = Symbol('everything');
export type MissedKey = string | typeof EVERYTHING;

/** How long an unconfirmed write may prevent its key from being read, in milliseconds. */
export const UNCONFIRMED_MS = 60_000;

/** The most access updates kept. The oldest is dropped first, which loses a count in one tier, never an entry. */
const MAX_ACCESSES = 10_000;

/** A write that began: what {@link WriteJournal.finish} needs to know at its end. */
export interface BegunWrite {
  readonly key: string;
  /** The value that the key should have; `null` for none. */
  readonly expected: CacheEntry | null;
  /** The late write of the key that the journal knew when this write began. */
  readonly late: object | undefined;
}

/**
 * Whether a tier has stored access updates: all of them, or none, or it is unknown. Then they must not be repeated,
 * because they would be added twice.
 */
export type AccessOutcome = 'stored' | 'missed' | 'unknown';

/**
 * A tier to which missed writes are replayed. Each method but the last resolves to true if the tier has taken the
 * write.
 */
export interface ReplayTarget {
  put(key: string, entry: CacheEntry): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  clear(): Promise<boolean>;
  recordAccess(updates: readonly AccessUpdate[]): Promise<AccessOutcome>;
}

export interface ReplayOptions {
  readonly now: () => number;
  /** The entry with its TTL capped for the tier. */
  readonly capped: (entry: CacheEntry) => CacheEntry;
  /** True to replay even keys whose late writes have not settled. */
  readonly force: boolean;
}

/**
 * What a tier missed: writes that failed or timed out, and access updates that it could not take. Until the write of a
 * key is replayed, the tier must not be read for the key: it could return a value that was replaced or deleted.
 *
 * A write that timed out may still take effect, even after a later one. So its key is covered until it has settled, and
 * is then written again. The journal knows neither tier nor clock: its owner performs the writes and passes the
 * time.
 */
export class WriteJournal {
  readonly #writes = new MissedWrites();
  readonly #late = new UnconfirmedWrites();
  readonly #accesses = new Map<string, AccessUpdate>();
  /** Access updates that are being replayed. */
  readonly #replaying = new Map<string, AccessUpdate>();
  /** How many clears have timed out and not settled, and when the last one timed out. */
  #lateClears = 0;
  #lateClearSince = 0;

  /** The keys that the tier must not be read for; contains {@link EVERYTHING} if it must not be read at all. */
  get missedKeys(): ReadonlyMap<MissedKey, unknown> {
    return this.#writes.keys;
  }

  /** True if the tier has missed no write. */
  get isEmpty(): boolean {
    return this.#writes.keys.size === 0;
  }

  /** True if the tier has missed a write or an access update. */
  get hasMissed(): boolean {
    return !this.isEmpty || this.#accesses.size > 0 || this.#replaying.size > 0;
  }

  /** True if the whole tier must be cleared before it takes another write: a value written now would be lost. */
  get mustClear(): boolean {
    return this.#writes.keys.has(EVERYTHING);
  }

  /** True if the tier must not be read for the key. */
  covers(key: string): boolean {
    return this.#writes.covers(key);
  }

  /**
   * Call it when a write of a key begins. The write includes the access count, so missed updates of the key are
   * obsolete.
   */
  begin(key: string, expected: CacheEntry | null): BegunWrite {
    this.#forgetAccesses(key);
    return { key, expected, late: this.#late.supersede(key, expected) };
  }

  /**
   * Call it when a write has ended. If the tier has taken it and no late write can undo it, the key is as it should be;
   * otherwise the write is recorded as missed. True if it was recorded.
   */
  finish({ key, expected, late }: BegunWrite, hasSucceeded: boolean, now: number): boolean {
    if (hasSucceeded && this.#late.isConfirmed(late, now)) {
      this.#writes.forget(key);
      return false;
    }
    // If the write has just timed out, it is tracked as late and needs its expected value.
    this.#late.supersede(key, expected);
    this.#writes.record(key, expected);
    return true;
  }

  /** Call it when all entries were removed, or should have been. True if something was recorded. */
  finishClear(hasSucceeded: boolean): boolean {
    this.#accesses.clear();
    this.#replaying.clear();
    this.#writes.reset(!hasSucceeded);
    for (const key of this.#late.supersedeAll()) this.#writes.record(key, null);
    return this.hasMissed;
  }

  /**
   * Tracks a write that timed out. Once it has settled, its keys are recorded as missed, with the value that they
   * should have then, and the promise resolves to true if there are any.
   */
  async trackLate(keys: readonly string[], result: Promise<unknown>, now: number): Promise<boolean> {
    const settled = await this.#late.track(keys, result, now);
    for (const [key, expected] of settled) this.#writes.record(key, expected);
    return settled.length > 0;
  }

  /**
   * Tracks a clear that timed out. Until it has settled, or for one minute, nothing is replayed and the tier must be
   * cleared again: the late clear would remove what was written in between. Resolves once it has settled.
   */
  async trackLateClear(result: Promise<unknown>, now: number): Promise<void> {
    this.#lateClears++;
    this.#lateClearSince = now;
    await Promise.allSettled([result]);
    this.#lateClears--;
  }

  /**
   * Records an access update that the tier could not take. Updates of the same key add up; a later write of the key
   * supersedes them.
   */
  recordAccess(update: AccessUpdate): void {
    const before = this.#accesses.get(update.key);
    this.#accesses.delete(update.key);
    if (this.#accesses.size >= MAX_ACCESSES) this.#accesses.delete(this.#accesses.keys().next().value!);
    this.#accesses.set(update.key, before === undefined ? update : sumOf(before, update));
  }

  /** The hits of the access updates of a key. */
  missedHits(key: string): number {
    const replaying = this.#replaying.size === 0 ? 0 : (this.#replaying.get(key)?.hits ?? 0);
    return this.#accesses.size === 0 ? replaying : replaying + (this.#accesses.get(key)?.hits ?? 0);
  }

  #forgetAccesses(key: string): void {
    if (this.#accesses.size > 0) this.#accesses.delete(key);
    if (this.#replaying.size > 0) this.#replaying.delete(key);
  }

  /** True if something can be replayed now: all but keys whose late writes have not settled. */
  isReplayable(now: number): boolean {
    if (this.mustClear) return !this.#isClearPending(now);
    return this.#accesses.size > 0 || this.#writes.next((key) => this.#isReady(key, now)) !== undefined;
  }

  /** Replays everything to a tier, each key once; false as soon as something fails. */
  async replay(tier: ReplayTarget, { now, capped, force }: ReplayOptions): Promise<boolean> {
    if (this.mustClear) {
      if (!force && this.#isClearPending(now())) return true;
      if (!(await tier.clear())) return false;
      this.#writes.markCleared();
    }
    // Otherwise `next` would keep returning a key that stays unconfirmed.
    const seen = new Set<string>();
    const isReady = (key: string): boolean => !seen.has(key) && (force || this.#isReady(key, now()));
    for (let write = this.#writes.next(isReady); write !== undefined; write = this.#writes.next(isReady)) {
      const [key, expected] = write;
      const late = this.#late.supersede(key, expected);
      if (!(await (expected === null ? tier.delete(key) : tier.put(key, capped(expected))))) return false;
      if (this.#late.isConfirmed(late, now())) this.#writes.markReplayed(key, expected);
      else seen.add(key);
    }
    return this.#replayAccesses(tier);
  }

  /** Accesses are replayed after the writes, because their counts belong to the written values. */
  async #replayAccesses(tier: ReplayTarget): Promise<boolean> {
    if (this.#accesses.size === 0) return true;
    for (const [key, update] of this.#accesses) this.#replaying.set(key, update);
    this.#accesses.clear();
    const outcome = await tier.recordAccess([...this.#replaying.values()]);
    const missed = outcome === 'missed' ? [...this.#replaying] : [];
    this.#replaying.clear();
    for (const [key, update] of missed) {
      const later = this.#accesses.get(key);
      this.#accesses.set(key, later === undefined ? update : sumOf(update, later));
    }
    return outcome === 'stored';
  }

  #isClearPending(now: number): boolean {
    return this.#lateClears > 0 && now - this.#lateClearSince < UNCONFIRMED_MS;
  }

  #isReady(key: string, now: number): boolean {
    return !this.#late.isPending(key, now);
  }
}

function sumOf(before: AccessUpdate, after: AccessUpdate): AccessUpdate {
  return {
    key: after.key,
    hits: addHits(before.hits, after.hits),
    lastAccessed: Math.max(before.lastAccessed, after.lastAccessed),
    evictedFromL1: after.evictedFromL1 ?? before.evictedFromL1,
  };
}

/** The latest write of each key that a tier missed: an entry, or `null` for a removal. */
class MissedWrites {
  readonly #writes = new Map<MissedKey, CacheEntry | null>();
  readonly #limit: number;

  constructor(limit = MISSED_WRITES_LIMIT) {
    this.#limit = limit;
  }

  /** The keys that were missed, and {@link EVERYTHING} if the tier must be cleared. Always the same map. */
  get keys(): ReadonlyMap<MissedKey, unknown> {
    return this.#writes;
  }

  /** True if the tier's value of the key must not be trusted. */
  covers(key: string): boolean {
    return this.#writes.size > 0 && (this.#writes.has(key) || this.#writes.has(EVERYTHING));
  }

  /**
   * Records the latest write of a key. If there are too many, the tier must be cleared, and later writes are dropped.
   */
  record(key: string, entry: CacheEntry | null): void {
    if (!this.#writes.has(key) && this.#writes.size >= this.#limit) this.#writes.set(EVERYTHING, null);
    else this.#writes.set(key, entry);
  }

  /** Drops a key because a later write of it has reached the tier. */
  forget(key: string): void {
    if (this.#writes.size > 0) this.#writes.delete(key);
  }

  /** The oldest write whose key satisfies `isReady`. */
  next(isReady: (key: string) => boolean = () => true): readonly [string, CacheEntry | null] | undefined {
    for (const [key, entry] of this.#writes) if (key !== EVERYTHING && isReady(key)) return [key, entry];
    return undefined;
  }

  /** Drops a replayed write, unless it was superseded meanwhile. */
  markReplayed(key: string, entry: CacheEntry | null): void {
    if (this.#writes.get(key) === entry) this.#writes.delete(key);
  }

  /** Call it when the tier has been cleared. */
  markCleared(): void {
    this.#writes.delete(EVERYTHING);
  }

  /**
   * Call it when the whole cache was cleared: the only write that the tier may have missed is then the clear itself.
   */
  reset(missedTheClear: boolean): void {
    this.#writes.clear();
    if (missedTheClear) this.#writes.set(EVERYTHING, null);
  }
}

/** Writes of one key that timed out and may still take effect. */
interface UnconfirmedWrite {
  /** The number of writes that have not settled. */
  pending: number;
  /** When the latest write timed out, in epoch milliseconds. */
  since: number;
  /** The value that the key should have: an entry, `null` for none, or `undefined` while it is unknown. */
  expected: CacheEntry | null | undefined;
}

/**
 * Writes that timed out and may still take effect at any time, even over a later write. Until they have settled, the
 * tier's values of their keys cannot be trusted, even if later calls succeeded. Then the latest write is repeated.
 *
 * A promise that never settles must not block its key forever: after {@link UNCONFIRMED_MS} the key is trusted again.
 * If the promise does settle later, the key is repaired then.
 */
class UnconfirmedWrites {
  readonly #writes = new Map<string, UnconfirmedWrite>();

  /**
   * Tracks writes that timed out. Resolves once they have settled, to the keys of which no other write is pending, each
   * with the value that it should have. Never rejects.
   */
  async track(
    keys: readonly string[],
    late: Promise<unknown>,
    now: number,
  ): Promise<(readonly [key: string, expected: CacheEntry | null])[]> {
    for (const key of keys) this.#add(key, now);
    await Promise.allSettled([late]);
    const settled: (readonly [string, CacheEntry | null])[] = [];
    for (const key of keys) {
      const expected = this.#settle(key);
      if (expected !== undefined) settled.push([key, expected]);
    }
    return settled;
  }

  /**
   * Call it when a write of the key begins. Sets the expected value of the key's unconfirmed write, if there is one,
   * and returns it.
   */
  supersede(key: string, expected: CacheEntry | null): object | undefined {
    if (this.#writes.size === 0) return undefined;
    const unconfirmed = this.#writes.get(key);
    if (unconfirmed !== undefined) unconfirmed.expected = expected;
    return unconfirmed;
  }

  /** Sets the expected value of every unconfirmed write to a removal. Returns their keys. */
  supersedeAll(): string[] {
    for (const unconfirmed of this.#writes.values()) unconfirmed.expected = null;
    return [...this.#writes.keys()];
  }

  /** True while a write of the key that timed out recently may still take effect. */
  isPending(key: string, now: number): boolean {
    const unconfirmed = this.#writes.get(key);
    return unconfirmed !== undefined && now - unconfirmed.since < UNCONFIRMED_MS;
  }

  /**
   * True if a successful write determines the value of its key. `late` is what `supersede` returned when the write
   * began.
   */
  isConfirmed(late: object | undefined, now: number): boolean {
    if (late === undefined) return true;
    const { pending, since } = late as UnconfirmedWrite;
    // An unconfirmed write that settled meanwhile may have taken effect after this write.
    return pending > 0 && now - since >= UNCONFIRMED_MS;
  }

  #add(key: string, now: number): void {
    const unconfirmed = this.#writes.get(key);
    if (unconfirmed === undefined) this.#writes.set(key, { pending: 1, since: now, expected: undefined });
    else {
      unconfirmed.pending++;
      unconfirmed.since = now;
    }
  }

  /** The expected value of a key, once none of its writes is pending and if it is known. */
  #settle(key: string): CacheEntry | null | undefined {
    const unconfirmed = this.#writes.get(key);
    if (unconfirmed === undefined || --unconfirmed.pending > 0) return undefined;
    this.#writes.delete(key);
    return unconfirmed.expected;
  }
}
