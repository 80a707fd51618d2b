import type { Clock, Logger } from '@pw/cache-models';
import type { IdentityKey } from '../../identity/identity-key.ts';
import type { CacheManagerOptions } from '../../manager-options.ts';
import type { TierStack } from '../../stack/tier-stack.ts';
import type { LimitedRoom } from './batch/eviction-watch.ts';
import { DEFAULT_TTL_SECONDS, type WarmTarget } from './warm-options.ts';

/** The tier stack as the target of an import. */
export function warmTarget(
  stack: TierStack,
  options: CacheManagerOptions,
  { clock, logger, identityKey }: { readonly clock: Clock; readonly logger: Logger; readonly identityKey: IdentityKey },
): WarmTarget {
  const { perSourceTtl = {}, defaultTtlSeconds = DEFAULT_TTL_SECONDS, cipher } = options;
  return {
    clock,
    cipher,
    logger,
    room: roomOf(stack),
    passwordMac: () => identityKey.mac(),
    mergeMany: (keys, merge) => stack.mergeMany(keys, merge),
    ttlFor: (source) => (Object.hasOwn(perSourceTtl, source) ? perSourceTtl[source]! : defaultTtlSeconds),
  };
}

/** `undefined` if any tier is unlimited: then no entry is lost by an eviction. */
function roomOf(stack: TierStack): LimitedRoom | undefined {
  const { tiers } = stack;
  const limits = tiers.map((tier) => tier.inspect((inner) => inner.config.maxEntries) ?? null);
  if (limits.includes(null)) return undefined;
  return {
    capacity: Math.max(...(limits as number[])),
    evictions: () => tiers.reduce((sum, { statistics }) => sum + statistics.evictionsLru, 0),
    hasMany: (keys) => hasMany(stack, keys),
  };
}

async function hasMany({ tiers }: TierStack, keys: readonly string[]): Promise<readonly boolean[]> {
  const found = keys.map(() => false);
  for (const tier of tiers) {
    // The content of a tier that is off, or that missed a write, is unknown.
    if (!tier.isUpToDate) return keys.map(() => true);
    const entries = await tier.peekMany(keys);
    entries.forEach((entry, i) => {
      if (entry !== undefined) found[i] = true;
    });
  }
  return found;
}
