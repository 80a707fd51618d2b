import type { CacheEntry } from '@pw/cache-models';
import { copyEntry, type MarkedRecord, type RecordChange, stampEntry, versionOf } from '@pw/cache-models/tier';
import type { AgreedStores } from './agreed-stores.ts';
import type { MiddleTier } from './middle-tier.ts';

/** Makes up in the base what a middle tier has alone. */
export class Replay {
  readonly #stores: AgreedStores;

  constructor(stores: AgreedStores) {
    this.#stores = stores;
  }

  /**
   * Makes the base have what a middle tier has of a key, or the newer of both, and removes the mark. Expects the key's
   * lock. False if that is not done yet.
   */
  async replay(middle: MiddleTier, key: string): Promise<boolean> {
    let isDone = false;
    const isChanged = await middle.change(key, (found) => {
      const change = this.inBase(middle, key, found);
      isDone = change !== undefined;
      return change;
    });
    if (!isChanged || !isDone) return false;
    middle.noteUnmarked(key);
    return true;
  }

  /**
   * At once, under the middle tier's lock: replays its record, and returns the change of the record that follows;
   * `undefined` if the base cannot be asked now.
   */
  inBase(middle: MiddleTier, key: string, { entry, mark }: MarkedRecord): RecordChange | undefined {
    const { base } = this.#stores;
    const version = entry === undefined ? 0 : versionOf(entry);
    if (entry !== undefined && version === 0) return this.#adopt(middle, entry);
    if (mark === undefined) return {};
    const isEntry = entry !== undefined && version > mark;
    // A mark whose record was never stored.
    if (!isEntry && mark === 0) return { unmark: true };
    const answer = base.replay(key, isEntry ? entry : null, isEntry ? version : mark);
    if (answer === undefined || answer === 'locked') return undefined;
    return isEntry && answer === version ? { unmark: true } : { drop: true, unmark: true };
  }

  /**
   * A record without version was written by another program. It is newer than what the base has, unless a write of ours
   * has not reached the middle tier yet: which of the two came first cannot be known then, and ours counts.
   */
  #adopt(middle: MiddleTier, entry: CacheEntry): RecordChange | undefined {
    const { base } = this.#stores;
    const known = base.newestVersionOf(entry.key);
    if (known === undefined) return undefined;
    // As it is now: another process may have moved it, and its row is then no longer open.
    const cursor = middle.id === undefined ? undefined : base.cursorOf(middle.id);
    const isOpen = known > 0 && known > Math.max(middle.cursor, cursor ?? -1);
    // What it replaced was the middle tier's alone, and newer than what the base has.
    if (isOpen && !middle.marks.has(entry.key)) return { drop: true, unmark: true };
    const answer = base.replay(entry.key, entry, 0);
    if (answer === undefined || answer === 'locked') return undefined;
    return answer === 0 ? { drop: true, unmark: true } : { put: stampEntry(copyEntry(entry), answer), unmark: true };
  }
}
