import type { CacheEntry, CredentialCipher } from '@pw/cache-models';
import type { TierStack } from '../../stack/tier-stack.ts';
import type { ExportSource } from './export-options.ts';

/** The tier stack as the source of an export. */
export function exportSource(stack: TierStack, cipher: CredentialCipher | undefined): ExportSource {
  const unreadableBefore = countUnreadable(stack);
  return {
    cipher,
    entries: (): AsyncIterable<CacheEntry> => stack.entries(),
    // Several tiers may have a copy of the same record, so the counts must not be added up: the largest is the best
    // estimate.
    unreadable: () => Math.max(0, ...countUnreadable(stack).map((count, level) => count - unreadableBefore[level]!)),
  };
}

/** One count per tier, in the order of the stack. */
function countUnreadable(stack: TierStack): number[] {
  return stack.tiers.map(({ statistics }) => statistics.undecryptable + statistics.evictionsCorruption);
}
