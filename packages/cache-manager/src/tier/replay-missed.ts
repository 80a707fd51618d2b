import type { CacheEntry, CacheTier } from '@pw/cache-models';
import type { FaultBoundary } from './fault-boundary.ts';
import type { MissedAccesses } from './missed-accesses.ts';
import type { MissedWrites } from './missed-writes.ts';
import { isConfirmed, type UnconfirmedWrites } from './unconfirmed-writes.ts';

/** The parts of a tier that a replay uses. */
export interface ReplayContext {
  readonly tier: CacheTier;
  readonly boundary: FaultBoundary;
  readonly missed: MissedWrites;
  readonly accesses: MissedAccesses;
  readonly unconfirmed: UnconfirmedWrites;
  readonly now: () => number;
  /** Returns the entry with its TTL capped for the tier. */
  readonly capped: (entry: CacheEntry) => CacheEntry;
  /** Returns the handler for a write of the replay that times out. */
  readonly onLate: (key: string) => (result: Promise<unknown>) => void;
}

/**
 * Enables a tier again and replays the writes that it missed; true if that succeeded. Leaves out keys with unconfirmed
 * writes, unless `force` is true. `onDone` is called in the step in which nothing is left to replay.
 */
export async function replayMissed(context: ReplayContext, force: boolean, onDone: () => void): Promise<boolean> {
  const { missed, unconfirmed, accesses, now } = context;
  const isReady = (key: string): boolean => !unconfirmed.isPending(key, now());
  // The tier may miss further writes while the last one is being replayed.
  do if (!(await replayOnce(context, force))) return false;
  while (accesses.size > 0 || missed.overflowed || missed.next(isReady) !== undefined);
  onDone();
  return true;
}

async function replayOnce(context: ReplayContext, force: boolean): Promise<boolean> {
  const { tier, boundary, missed, unconfirmed, now } = context;
  if (!(await boundary.attempt(() => tier.resetFailures()))) return false;
  // The key cannot exist: only whether the tier answers matters. Both calls are needed, because a tier may hang in only
  // one kind of read.
  const probe = '\0pw-cache:probe';
  if (!(await boundary.attempt(() => tier.has(probe)))) return false;
  if (!(await boundary.attempt(() => (tier.peek === undefined ? tier.get(probe) : tier.peek(probe))))) return false;
  if (missed.overflowed) {
    if (!(await boundary.attempt(() => tier.clear()))) return false;
    missed.markCleared();
  }
  // Replay each key once: otherwise `next` would keep returning a key that stays unconfirmed.
  const seen = new Set<string>();
  const isReady = (key: string): boolean => !seen.has(key) && (force || !unconfirmed.isPending(key, now()));
  for (let write = missed.next(isReady); write !== undefined; write = missed.next(isReady)) {
    const [key, entry] = write;
    const pending = unconfirmed.supersede(key, entry);
    if (!(await replayWrite(context, key, entry))) return false;
    if (isConfirmed(pending, now())) missed.markReplayed(key, entry);
    else seen.add(key);
  }
  return replayAccesses(context);
}

/** Accesses are replayed after the writes, because their counts belong to the written values. */
async function replayAccesses({ tier, boundary, accesses }: ReplayContext): Promise<boolean> {
  const updates = accesses.all();
  if (updates.length === 0) return true;
  if (!(await boundary.attempt(() => tier.recordAccess?.(updates)))) return false;
  accesses.markReplayed(updates);
  return true;
}

/** If the tier refuses a put, the old value of the key is outdated, and is deleted. */
async function replayWrite(context: ReplayContext, key: string, entry: CacheEntry | null): Promise<boolean> {
  const { tier, boundary } = context;
  const onLate = context.onLate(key);
  if (entry === null) return boundary.attempt(() => tier.delete(key), { onLate });
  let wasRefused = false;
  const onRefused = () => {
    wasRefused = true;
  };
  const stored = await boundary.attempt(() => tier.put(key, context.capped(entry)), { onLate, onRefused });
  return wasRefused ? boundary.attempt(() => tier.delete(key), { onLate }) : stored;
}
