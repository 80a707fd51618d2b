import { CURRENT_KEY_VARIABLE, PREVIOUS_KEY_VARIABLE } from '@pw/cache-crypto';
import type { CacheManager } from '@pw/cache-manager';
import type { CliContext } from '../cli-context.ts';
import { plural } from '../display/format.ts';

/** What to do about credentials that are stored and cannot be opened. */
export const OPEN_REMEDY = `set ${CURRENT_KEY_VARIABLE}, or ${PREVIOUS_KEY_VARIABLE}, to the key that sealed them`;

/**
 * How many records that were come upon since the cache was opened no key opens. The same record lies in several tiers: the
 * tier that met most of them tells how many records that are.
 */
export function unreadableCount(cache: CacheManager): number {
  return Math.max(0, ...cache.tiers.map(({ tier }) => tier.statistics.undecryptable));
}

/** Says that records are missing from what was shown, and what to do. `atLeast` if not all were looked at. */
export async function warnOfUnreadable({ err }: CliContext, count: number, atLeast = false): Promise<void> {
  if (count > 0) await err.line(`pw-cache: ${describeUnreadable(count, atLeast)}`);
}

export function describeUnreadable(count: number, atLeast = false): string {
  return `no key opens the credentials of ${atLeast ? 'at least ' : ''}${plural(count, 'record')}: ${OPEN_REMEDY}`;
}
