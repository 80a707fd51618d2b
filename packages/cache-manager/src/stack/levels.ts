import type { ManagedTier } from '../tier/managed-tier.ts';
import { AgreedTiers, type AgreedTiersContext } from './agreement/agreed-tiers.ts';
import type { StackLevel } from './stack-level.ts';

/** A level of a stack of managed tiers. */
export type Level = StackLevel<ManagedTier>;

/** The levels of a stack, in the order in which they are read. */
export interface StackLevels {
  readonly all: readonly Level[];
  /** The first of them, which are caches of those below: they are written last. */
  readonly caches: readonly Level[];
  /** The other levels, which are written first. */
  readonly below: readonly Level[];
  /** The only level below, if its tiers agree with each other: each of their entries then has a version. */
  readonly agreed: AgreedTiers | undefined;
}

/**
 * If the lowest durable tier has a log, it and the durable tiers with marks form one level at the bottom. All other
 * tiers are caches of it, wherever they are in the list: those in memory, and durable ones without marks. Otherwise
 * each tier is a level of its own, and the leading ones in memory are caches of the others.
 *
 * A tier whose factory has failed is assumed to have neither marks nor a log.
 */
export function levelsOf(tiers: readonly ManagedTier[], context: AgreedTiersContext): StackLevels {
  const base = tiers.findLast(({ isDurable }) => isDurable);
  if (base === undefined || !AgreedTiers.canBeBase(base)) {
    const first = tiers.findIndex(({ isDurable }) => isDurable);
    const count = first === -1 ? tiers.length : first;
    return { all: tiers, caches: tiers.slice(0, count), below: tiers.slice(count), agreed: undefined };
  }
  const agreed = tiers.filter((tier) => tier === base || AgreedTiers.canBeMiddle(tier));
  const caches = tiers.filter((tier) => !agreed.includes(tier));
  for (const [level, cache] of caches.entries()) {
    cache.level = level;
    if (cache.isDurable) cache.useAsCache();
  }
  const level = new AgreedTiers(agreed, caches.length, context);
  return { all: [...caches, level], caches, below: [level], agreed: level };
}

/** Call it once the tiers are open. */
export async function startLevels({ caches, below, agreed }: StackLevels): Promise<void> {
  for (const level of below) await level.start();
  for (const cache of caches) {
    // It may have been the only tier before, or the base was lost.
    if (cache.isDurable) await agreed?.fillIfNew(cache.entries());
    await cache.start();
  }
}

/** Sorts the answers of all tiers, in the order of the levels, into the order of the tiers. */
export function inTierOrder<T>(answers: readonly T[], tiers: readonly ManagedTier[], levels: readonly Level[]): T[] {
  const sorted: T[] = new Array(tiers.length);
  let next = 0;
  for (const level of levels) for (const { position } of level.tiers) sorted[position] = answers[next++]!;
  return sorted;
}
