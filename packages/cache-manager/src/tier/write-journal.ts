import type { AccessUpdate, CacheEntry } from '@pw/cache-models';
import { EVERYTHING, type MissedKey, MissedWrites } from './missed-writes.ts';
import { UnconfirmedWrites } from './unconfirmed-writes.ts';

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

/** A tier to which missed writes are replayed. Each method resolves to true if the tier has taken the write. */
export interface ReplayTarget {
  put(key: string, entry: CacheEntry): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  clear(): Promise<boolean>;
  recordAccess(updates: readonly AccessUpdate[]): Promise<boolean>;
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
 * is then written once more. The journal knows neither tier nor clock: its owner performs the writes and passes the
 * time.
 */
export class WriteJournal {
  readonly #writes = new MissedWrites();
  readonly #late = new UnconfirmedWrites();
  readonly #accesses = new Map<string, AccessUpdate>();

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
    return !this.isEmpty || this.#accesses.size > 0;
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
    if (this.#accesses.size > 0) this.#accesses.delete(key);
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
    this.#writes.reset(!hasSucceeded);
    for (const key of this.#late.supersedeAll()) this.#writes.record(key, null);
    return this.hasMissed;
  }

  /**
   * Tracks a write that timed out. Once it has settled, its keys are recorded as missed, with the value that they should
   * have then, and the promise resolves to true if there are any.
   */
  async trackLate(keys: readonly string[], result: Promise<unknown>, now: number): Promise<boolean> {
    const settled = await this.#late.track(keys, result, now);
    for (const [key, expected] of settled) this.#writes.record(key, expected);
    return settled.length > 0;
  }

  /** Records an access update that the tier could not take. A later write of the key supersedes it. */
  recordAccess(update: AccessUpdate): void {
    this.#accesses.delete(update.key);
    if (this.#accesses.size >= MAX_ACCESSES) this.#accesses.delete(this.#accesses.keys().next().value!);
    this.#accesses.set(update.key, update);
  }

  /** True if something can be replayed now: all but keys whose late writes have not settled. */
  isReplayable(now: number): boolean {
    return (
      this.#accesses.size > 0 || this.mustClear || this.#writes.next((key) => this.#isReady(key, now)) !== undefined
    );
  }

  /** Replays everything to a tier, each key once; false as soon as something fails. */
  async replay(tier: ReplayTarget, { now, capped, force }: ReplayOptions): Promise<boolean> {
    if (this.mustClear) {
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
    const updates = [...this.#accesses.values()];
    if (updates.length === 0) return true;
    if (!(await tier.recordAccess(updates))) return false;
    // An update that was superseded meanwhile stays.
    for (const update of updates) if (this.#accesses.get(update.key) === update) this.#accesses.delete(update.key);
    return true;
  }

  #isReady(key: string, now: number): boolean {
    return !this.#late.isPending(key, now);
  }
}
