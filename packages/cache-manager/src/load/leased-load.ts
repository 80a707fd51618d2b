import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import type { TierSlot } from '../tier/managed-tier.ts';

/** How long a lease outlives its owner unless the options say otherwise, in milliseconds. */
export const DEFAULT_LEASE_MS = 10_000;

/** How many lives of a lease the end of another process's load is waited for: no tier may keep an answer back for ever. */
const LONGEST_WAIT_LEASES = 30;
const FIRST_WAIT_MS = 10;
const LAST_WAIT_MS = 250;

export interface LeasedLoad {
  /** How long a lease outlives its owner. */
  readonly milliseconds: number;
  /** Aborted when nobody waits for the load any more. */
  readonly signal: AbortSignal;
  /** Looks whether another process has loaded the entry meanwhile. */
  readonly find: () => Promise<CacheEntry | undefined>;
  /** Loads the entry and stores it. */
  readonly load: () => Promise<CacheEntry | undefined>;
}

/**
 * Loads an entry under a lease of the lowest tier that gives any, or finds what the owner of the lease has loaded. A tier that
 * cannot give leases now costs a second load somewhere, never an answer. Rejects when the signal is aborted while another one loads.
 */
export async function loadOnce(
  slots: readonly TierSlot[],
  key: string,
  work: LeasedLoad,
): Promise<CacheEntry | undefined> {
  const slot = lowestWithLeases(slots);
  if (slot === undefined) return work.load();
  const end = performance.now() + work.milliseconds * LONGEST_WAIT_LEASES;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LAST_WAIT_MS)) {
    const token = await slot.ask<string | null | undefined>(
      (tier) => tier.acquireLease!(key, work.milliseconds),
      undefined,
    );
    if (token === undefined || (token === null && performance.now() > end)) return work.load();
    if (token !== null) return underLease(slot, key, token, work);
    // Somebody waits for this: the timer holds the process.
    await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: work.signal });
    const found = await work.find();
    if (found !== undefined) return found;
  }
}

function lowestWithLeases(slots: readonly TierSlot[]): TierSlot | undefined {
  return slots.findLast((slot) =>
    slot.tell((tier) => tier.acquireLease !== undefined && tier.releaseLease !== undefined),
  );
}

function underLease(slot: TierSlot, key: string, token: string, work: LeasedLoad): Promise<CacheEntry | undefined> {
  // The owner before may have stored it after this one had looked.
  return holding(slot, key, token, work.milliseconds, async () => (await work.find()) ?? (await work.load()));
}

/** Works while a lease is extended again and again, and gives it back. */
async function holding<T>(
  slot: TierSlot,
  key: string,
  token: string,
  milliseconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const extend = () => void slot.ask((tier) => tier.acquireLease!(key, milliseconds, token), undefined);
  const timer = setInterval(extend, milliseconds / 3).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await slot.ask((tier) => tier.releaseLease!(key, token), false);
  }
}
