import type { CacheEntry, Clock, CredentialCipher, Logger } from '@pw/cache-models';
import type { ExportSource } from './export/index.ts';
import type { IdentityKey } from './identity/identity-key.ts';
import type { LimitedRoom, WarmTarget } from './import/index.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import type { TierStack } from './stack/tier-stack.ts';

const DEFAULT_TTL_SECONDS = 3600;

/** A stack as an import sees it. */
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

/** `undefined` where one tier takes everything. */
function roomOf(stack: TierStack): LimitedRoom | undefined {
  const { tiers } = stack;
  const limits = tiers.map((tier) => tier.inspect((inner) => inner.config.maxEntries) ?? null);
  if (limits.includes(null)) return undefined;
  return {
    capacity: Math.max(...(limits as number[])),
    evictions: () => tiers.reduce((sum, { statistics }) => sum + statistics.evictionsLru, 0),
    areThere: (keys) => areThere(stack, keys),
  };
}

async function areThere({ tiers }: TierStack, keys: readonly string[]): Promise<readonly boolean[]> {
  const found = keys.map(() => false);
  for (const tier of tiers) {
    // What a tier has that is off, or that has missed something, nobody knows.
    if (!tier.isUpToDate) return keys.map(() => true);
    const entries = await tier.peekMany(keys);
    entries.forEach((entry, i) => {
      if (entry !== undefined) found[i] = true;
    });
  }
  return found;
}

/** A stack as an export sees it. */
export function exportSource(stack: TierStack, cipher: CredentialCipher | undefined): ExportSource {
  const unreadableBefore = unreadable(stack);
  return {
    cipher,
    entries: (): AsyncIterable<CacheEntry> => stack.entries(),
    // The same record lies in several tiers: the tier that could not read most tells how many entries that are.
    unreadable: () => Math.max(0, ...unreadable(stack).map((count, level) => count - unreadableBefore[level]!)),
  };
}

function unreadable(stack: TierStack): number[] {
  return stack.tiers.map(({ statistics }) => statistics.undecryptable + statistics.evictionsCorruption);
}
