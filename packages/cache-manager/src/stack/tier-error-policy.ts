import { CacheStorageError } from '@pw/cache-models';
import type { TierSlot } from '../tier/managed-tier.ts';

/** What an operation does when a tier fails under it: go on without the tier, or tell. */
export const ON_TIER_ERROR = Object.freeze(['degrade', 'throw'] as const);
export type OnTierError = (typeof ON_TIER_ERROR)[number];

/**
 * Does something with the tiers. With `"throw"` it does all of it and then rejects with a CacheStorageError if one of them failed meanwhile. A failure under
 * another operation at the same time counts too: tiers tell how often they failed, not under whom.
 */
export async function heedingTierErrors<T>(
  mode: OnTierError | undefined,
  slots: readonly TierSlot[],
  work: () => T,
): Promise<Awaited<T>> {
  if (mode !== 'throw') return await work();
  const before = slots.map((slot) => slot.faults);
  const result = await work();
  const failed = slots.find((slot, i) => slot.faults > before[i]!);
  if (failed === undefined) return result;
  const { name, lastError } = failed;
  throw new CacheStorageError(`${name}: the tier failed; the other tiers did their part`, {
    tier: name,
    cause: lastError,
  });
}
