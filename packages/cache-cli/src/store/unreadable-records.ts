import { CURRENT_KEY_VARIABLE, PREVIOUS_KEY_VARIABLE } from '@pw/cache-crypto';
import type { CacheManager } from '@pw/cache-manager';
import type { CliContext } from '../cli-context.ts';
import { plural } from '../display/format.ts';

/** The remedy for stored credentials that cannot be decrypted. */
export const OPEN_REMEDY = `set ${CURRENT_KEY_VARIABLE}, or ${PREVIOUS_KEY_VARIABLE}, to the key that encrypted them`;

/**
 * The number of records seen since the cache was opened whose credentials no key opens. A record may be in several
 * tiers, so this is the highest count of any tier.
 */
export function unreadableCount(cache: CacheManager): number {
  return Math.max(0, ...cache.tiers.map(({ tier }) => tier?.statistics.undecryptable ?? 0));
}

/** Warns that records are missing from the output, with the remedy. `atLeast` is true if not all records were read. */
export async function warnOfUnreadable({ err }: CliContext, count: number, atLeast = false): Promise<void> {
  if (count > 0) await err.line(`pw-cache: ${describeUnreadable(count, atLeast)}`);
}

export function describeUnreadable(count: number, atLeast = false): string {
  return `no key opens the credentials of ${atLeast ? 'at least ' : ''}${plural(count, 'record')}: ${OPEN_REMEDY}`;
}
