import { CacheStorageError } from '@pw/cache-models';
import type { ManagedTier } from '../tier/managed-tier.ts';

/** The possible reactions to a failing tier: continue without it, or reject. */
export const ON_TIER_ERROR = Object.freeze(['degrade', 'throw'] as const);
export type OnTierError = (typeof ON_TIER_ERROR)[number];

/**
 * Runs an operation on the tiers to its end, and then rejects with a CacheStorageError if a tier failed meanwhile.
 * Failures in concurrent operations count too, because tiers report only the number of their failures.
 */
export async function throwTierErrors<T>(tiers: readonly ManagedTier[], work: () => T): Promise<Awaited<T>> {
  const before = tiers.map((tier) => tier.faults);
  const result = await work();
  const failed = tiers.find((tier, i) => tier.faults > before[i]!);
  if (failed === undefined) return result;
  const { name, lastError } = failed;
  throw new CacheStorageError(`${name}: the tier failed; the other tiers completed the operation`, {
    tier: name,
    cause: lastError,
  });
}
