import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import type { ManagedTier } from '../tier/managed-tier.ts';

/** How long a lease outlives its owner by default, in milliseconds. */
export const DEFAULT_LEASE_MS = 10_000;

/**
 * How long to wait for the load of another process, as a multiple of the duration of a lease. The wait is limited
 * because a faulty tier might not release a lease at all.
 */
const MAX_WAIT_LEASES = 30;
const FIRST_WAIT_MS = 10;
const LAST_WAIT_MS = 250;

export interface LeasedLoad {
  /** How long a lease outlives its owner, in milliseconds. */
  readonly leaseMs: number;
  /** Aborted once every caller of the load has left. */
  readonly signal: AbortSignal;
  /** Looks for an entry that another process has loaded meanwhile. */
  readonly find: () => Promise<CacheEntry | undefined>;
  /** Loads the entry and stores it. */
  readonly load: () => Promise<CacheEntry | undefined>;
}

/**
 * Loads an entry under a lease of the lowest tier that supports leases, or returns the entry that the owner of the
 * lease has loaded. If the tier cannot grant leases at the moment, two processes may load the entry, but every caller
 * gets a result. Rejects if the signal is aborted while another process is loading.
 */
export async function loadUnderLease(
  tiers: readonly ManagedTier[],
  key: string,
  work: LeasedLoad,
): Promise<CacheEntry | undefined> {
  const tier = lowestWithLeases(tiers);
  if (tier === undefined) return work.load();
  const end = performance.now() + work.leaseMs * MAX_WAIT_LEASES;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LAST_WAIT_MS)) {
    const token = await tier.call<string | null | undefined>(
      (inner) => inner.leases!.acquire(key, work.leaseMs),
      undefined,
    );
    if (token === undefined || (token === null && performance.now() > end)) return work.load();
    if (token !== null) return withLease(tier, key, token, work);
    // The timer keeps the process alive, because a caller is waiting.
    await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: work.signal });
    const found = await work.find();
    if (found !== undefined) return found;
  }
}

function lowestWithLeases(tiers: readonly ManagedTier[]): ManagedTier | undefined {
  return tiers.findLast((tier) => tier.capabilities.leases);
}

/** Extends the lease at intervals until the work is done, then releases it. */
async function withLease(
  tier: ManagedTier,
  key: string,
  token: string,
  { leaseMs, find, load }: LeasedLoad,
): Promise<CacheEntry | undefined> {
  const extend = () => void tier.call((inner) => inner.leases!.acquire(key, leaseMs, token), undefined);
  const timer = setInterval(extend, leaseMs / 3).unref();
  try {
    // The previous owner may have stored the entry after this process looked for it.
    return (await find()) ?? (await load());
  } finally {
    clearInterval(timer);
    await tier.call((inner) => inner.leases!.release(key, token), false);
  }
}
