import type { ManagedTier } from '../tier/managed-tier.ts';
import { AgreedTiers, type AgreedTiersContext } from './agreement/agreed-tiers.ts';
import type { StackLevel } from './stack-level.ts';

/** A level of a stack of managed tiers. */
export type Level = StackLevel<ManagedTier>;

/**
 * The levels of a stack: the leading tiers in memory one by one, and below them the durable tiers as one level, if the
 * lowest of them has a log and all others can be caches of it. Otherwise each tier is a level of its own.
 */
export function levelsOf(tiers: readonly ManagedTier[], context: AgreedTiersContext): Level[] {
  const first = tiers.findIndex(({ isDurable }) => isDurable);
  if (first === -1) return [...tiers];
  const durable = tiers.slice(first);
  return AgreedTiers.canAgree(durable) ? [...tiers.slice(0, first), new AgreedTiers(durable, context)] : [...tiers];
}
