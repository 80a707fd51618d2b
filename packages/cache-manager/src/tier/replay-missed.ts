import type { CacheEntry, CacheTier } from '@pw/cache-models';
import type { TierGuard } from './fault-boundary.ts';
import type { MissedAccesses } from './missed-accesses.ts';
import type { MissedWrites } from './missed-writes.ts';
import { type DoubtfulWrites, isBelievable } from './unconfirmed-writes.ts';

/** What a replay works on. */
export interface Replayed {
  readonly tier: CacheTier;
  readonly guard: TierGuard;
  readonly missed: MissedWrites;
  readonly accesses: MissedAccesses;
  readonly doubts: DoubtfulWrites;
  readonly now: () => number;
  /** The entry as the tier is to hold it. */
  readonly fit: (entry: CacheEntry) => CacheEntry;
  /** A write of the replay itself got no answer in time. */
  readonly late: (key: string) => (answer: Promise<unknown>) => void;
}

/**
 * Switches a tier on again and makes the writes that it missed; true if that went well. Keys with a write that may still
 * land are left for later, unless `force`. `done` is called in the moment in which nothing is left.
 */
export async function replayMissed(work: Replayed, force: boolean, done: () => void): Promise<boolean> {
  const { missed, doubts, accesses, now } = work;
  const isFree = (key: string): boolean => !doubts.isFresh(key, now());
  // Something may be missed in the very moment in which the last of the rest is replayed.
  do if (!(await replayOnce(work, force))) return false;
  while (accesses.size > 0 || missed.overflowed || missed.next(isFree) !== undefined);
  done();
  return true;
}

async function replayOnce(work: Replayed, force: boolean): Promise<boolean> {
  const { tier, guard, missed, doubts, now } = work;
  if (!(await guard.attempt(() => tier.resetFailures()))) return false;
  // A key that cannot exist: the answers do not matter, only that there are some. A tier may hang in one way of reading alone.
  const probe = '\0pw-cache:probe';
  if (!(await guard.attempt(() => tier.has(probe)))) return false;
  if (!(await guard.attempt(() => (tier.peek === undefined ? tier.get(probe) : tier.peek(probe))))) return false;
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
  return replayAccesses(work);
}

/** After the writes: they are of what these left. */
async function replayAccesses({ tier, guard, accesses }: Replayed): Promise<boolean> {
  const updates = accesses.all();
  if (updates.length === 0) return true;
  if (!(await guard.attempt(() => tier.recordAccess?.(updates)))) return false;
  accesses.taken(updates);
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
