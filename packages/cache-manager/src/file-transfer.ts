import type { CacheEntry, Clock, CredentialCipher } from '@pw/cache-models';
import type { ExportSource } from './export/index.ts';
import type { WarmTarget } from './import/index.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import type { TierStack } from './tier-stack.ts';

const DEFAULT_TTL_SECONDS = 3600;

/** A stack as an import sees it. */
export function warmTarget(stack: TierStack, options: CacheManagerOptions, clock: Clock): WarmTarget {
  const { perSourceTtl = {}, defaultTtlSeconds = DEFAULT_TTL_SECONDS, cipher } = options;
  return {
    clock,
    cipher,
    mergeMany: (keys, merge) => stack.mergeMany(keys, merge),
    ttlFor: (source) => (Object.hasOwn(perSourceTtl, source) ? perSourceTtl[source]! : defaultTtlSeconds),
  };
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
  return stack.slots.map(({ statistics }) => statistics.undecryptable + statistics.evictionsCorruption);
}
