import type { CacheEntry, CacheTier } from '@pw/cache-models';
import { type DoubtfulWrites, isBelievable } from './doubtful-writes.ts';
import type { MissedWrites } from './missed-writes.ts';
import type { TierGuard } from './tier-guard.ts';

/** What a replay works on. */
export interface Replayed {
  readonly tier: CacheTier;
  readonly guard: TierGuard;
  readonly missed: MissedWrites;
  readonly doubts: DoubtfulWrites;
  readonly now: () => number;
  /** The entry as the tier is to hold it. */
  readonly fit: (entry: CacheEntry) => CacheEntry;
  /** A write of the replay itself got no answer in time. */
  readonly late: (key: string) => (answer: Promise<unknown>) => void;
}

/**
 * Switches a tier on again and makes the writes that it missed; true if that went well. Keys with a write that may still
 * land are left for later, unless `force`.
 */
export async function replayMissed(work: Replayed, force: boolean): Promise<boolean> {
  const { tier, guard, missed, doubts, now } = work;
  if (!(await guard.attempt(() => tier.resetFailures()))) return false;
  // A key that cannot exist: the answer does not matter, only that there is one.
  if (!(await guard.attempt(() => tier.has('\0pw-cache:probe')))) return false;
  if (missed.overflowed) {
    if (!(await guard.attempt(() => tier.clear()))) return false;
    missed.emptied();
  }
  // Each key once: one that stays in doubt would come again and again.
  const seen = new Set<string>();
  const ready = (key: string): boolean => !seen.has(key) && (force || !doubts.isFresh(key, now()));
  for (let write = missed.next(ready); write !== undefined; write = missed.next(ready)) {
    const [key, entry] = write;
    const doubt = doubts.begin(key, entry);
    if (!(await replayOne(work, key, entry))) return false;
    if (isBelievable(doubt, now())) missed.replayed(key, entry);
    else seen.add(key);
  }
  return true;
}

/** A put that the tier refuses leaves the key's old value out of date: it goes. */
async function replayOne(work: Replayed, key: string, entry: CacheEntry | null): Promise<boolean> {
  const { tier, guard } = work;
  const late = work.late(key);
  if (entry === null) return guard.attempt(() => tier.delete(key), { late });
  let wasRefused = false;
  const refused = () => {
    wasRefused = true;
  };
  const stored = await guard.attempt(() => tier.put(key, work.fit(entry)), { late, refused });
  return wasRefused ? guard.attempt(() => tier.delete(key), { late }) : stored;
}
