import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import { changedOrRemoved, copyEntry, versionOf } from '@pw/cache-models/tier';
import type { LevelUpdateOptions } from '../stack-level.ts';
import type { AgreedReads } from './agreed-reads.ts';
import type { AgreedStores } from './agreed-stores.ts';
import type { MiddleTier } from './middle-tier.ts';
import type { Replay } from './replay.ts';
import type { WritesAlone } from './writes-alone.ts';

/** How long to wait before another try while other processes hold the lock of the base, in milliseconds. */
const FIRST_WAIT_MS = 1;
const LAST_WAIT_MS = 20;
/**
 * `'none'`: there is no live entry. `'locked'`: to be tried again after a while. `'unable'`: the base does not answer.
 */
type UpdateOutcome = CacheEntry | null | 'none' | 'locked' | 'unable';

export type Change = (entry: CacheEntry) => CacheEntry | null;

/** Changes stored entries, each as one step over all processes. Expects the lock of the key. */
export class AgreedUpdates {
  readonly #stores: AgreedStores;
  readonly #reads: AgreedReads;
  readonly #replay: Replay;
  readonly #alone: WritesAlone;

  constructor(stores: AgreedStores, reads: AgreedReads, replay: Replay, alone: WritesAlone) {
    this.#stores = stores;
    this.#reads = reads;
    this.#replay = replay;
    this.#alone = alone;
  }

  /**
   * Changes the newest entry of a key as one atomic step: read and written in one transaction of the base, under the
   * lock of a middle tier, so that no process writes to that tier alone meanwhile.
   */
  async update(
    key: string,
    change: Change,
    options: LevelUpdateOptions,
  ): Promise<CacheEntry | null | undefined | 'unable'> {
    const { base, middles } = this.#stores;
    const end = performance.now() + base.tier.timeoutMs;
    for (let wait = FIRST_WAIT_MS; base.tier.isUsable; wait = Math.min(wait * 2, LAST_WAIT_MS)) {
      const middle = middles.find(({ isUsable }) => isUsable);
      let outcome = middle === undefined ? undefined : await this.#updateUnder(middle, key, change, options);
      // Without a middle tier nobody writes to one alone; what was written there before must be known to be none.
      outcome ??= this.#stores.isMarked(key) ? 'unable' : this.#updateBase(key, change, options);
      if (outcome !== 'locked') {
        if (outcome !== 'unable') return this.#updated(key, outcome === 'none' ? undefined : outcome, middle);
        break;
      }
      if (performance.now() > end) break;
      await sleep(wait * (0.5 + Math.random()));
    }
    return this.#updateAlone(key, change);
  }

  #updateBase(key: string, change: Change, options: LevelUpdateOptions): UpdateOutcome {
    const { base } = this.#stores;
    const before = base.tier.faults;
    const updated = base.update(key, change, options);
    if (updated === undefined) return base.tier.faults === before && base.tier.isUsable ? 'none' : 'unable';
    return updated;
  }

  /** `undefined` if the middle tier could not be locked in time. */
  async #updateUnder(
    middle: MiddleTier,
    key: string,
    change: Change,
    options: LevelUpdateOptions,
  ): Promise<UpdateOutcome | undefined> {
    let outcome: UpdateOutcome | undefined;
    await middle.change(key, (found) => {
      // What the base misses comes first.
      const isMissed = found.mark !== undefined || (found.entry !== undefined && versionOf(found.entry) === 0);
      const made = isMissed ? this.#replay.inBase(middle, key, found) : {};
      outcome = made === undefined ? 'locked' : this.#updateBase(key, change, options);
      if (outcome === 'locked' || outcome === 'unable') return made;
      const unmark = found.mark !== undefined;
      return outcome === 'none' || outcome === null ? { drop: true, unmark } : { put: middle.capped(outcome), unmark };
    });
    return outcome;
  }

  /** The other middle tiers follow. */
  async #updated(
    key: string,
    outcome: CacheEntry | null | undefined,
    done: MiddleTier | undefined,
  ): Promise<CacheEntry | null | undefined> {
    const version = outcome ? versionOf(outcome) : 0;
    if (version > 0) {
      this.#stores.noteWritten(version);
      this.#stores.base.hear(version);
    }
    for (const middle of this.#stores.middles) {
      if (middle === done || !middle.isUsable) continue;
      if (outcome) await middle.putIf([outcome], this.#stores.base.isCurrent);
      else await middle.deleteIf([key], this.#stores.base.isGone);
    }
    if (version > 0) this.#stores.noteSettled(version);
    return outcome;
  }

  /**
   * The base cannot be reached: the first middle tier that has the entry changes it under its lock, with a mark. What
   * no tier can change so, as a write that none has taken, is changed here and written as any other.
   */
  async #updateAlone(key: string, change: Change): Promise<CacheEntry | null | undefined | 'unable'> {
    if (this.#stores.unstored.get(key) === undefined) {
      for (const middle of this.#stores.middles) {
        const updated = middle.isUsable ? await this.#updateMiddle(middle, key, change) : undefined;
        if (updated !== undefined) return updated;
        if (await this.#isRemovedAlone(middle, key)) return undefined;
        // What it has alone may be newer than what the next one has.
        if (middle.markOf(key) !== undefined) break;
      }
    }
    const newest = await this.#reads.peek(key);
    if (newest === undefined) return 'unable';
    const changed = change(newest);
    const written = await this.#alone.write([{ key, entry: changed === null ? null : copyEntry(changed) }]);
    return changed === null ? null : (written.entries[0] ?? changed);
  }

  /** `undefined` if the middle tier has no entry that is known to be the newest one, or does not answer. */
  async #updateMiddle(middle: MiddleTier, key: string, change: Change): Promise<CacheEntry | null | undefined> {
    const { base } = this.#stores;
    const updated = await middle.updateAlone(
      key,
      (entry) => {
        // A base that takes no writes may still answer.
        const known = base.newestVersionOf(key);
        const isNewest =
          known === undefined ? this.#reads.isCurrent(middle, entry) : versionOf(entry) >= Math.max(known, 1);
        return isNewest ? changedOrRemoved(entry, change) : undefined;
      },
      base.heard,
    );
    if (updated !== undefined) await this.#alone.taken(middle, [key], [updated.version]);
    return updated?.entry;
  }

  /**
   * True if the newest that is known of a key is its removal from a middle tier: a copy in memory must not come back.
   */
  async #isRemovedAlone(middle: MiddleTier, key: string): Promise<boolean> {
    let isRemoved = false;
    await middle.change(key, ({ entry, mark = 0 }) => {
      const known = this.#stores.base.newestVersionOf(key) ?? middle.behindOf(key);
      isRemoved = mark > known && (entry === undefined || versionOf(entry) < mark);
      return {};
    });
    return isRemoved;
  }
}
