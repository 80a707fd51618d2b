import type { WarmResult } from '@pw/cache-manager';
import { formatCount } from './format.ts';

export type Counts = Pick<WarmResult, 'loaded' | 'skipped' | 'failed'>;

/** `, 2 skipped, 1 failed`, without counts of zero. */
export function otherCounts({ skipped, failed }: Pick<Counts, 'skipped' | 'failed'>): string {
  const counts: string[] = [];
  if (skipped > 0) counts.push(`, ${formatCount(skipped)} skipped`);
  if (failed > 0) counts.push(`, ${formatCount(failed)} failed`);
  return counts.join('');
}

/** True if a proxy could not be stored, or if no row of a file was a proxy. */
export function hasFailed({ loaded, skipped, failed }: Counts): boolean {
  return failed > 0 || (loaded === 0 && skipped > 0);
}

export function totalsOf(results: readonly Counts[]): Counts {
  const sum = (name: keyof Counts) => results.reduce((total, result) => total + result[name], 0);
  return { loaded: sum('loaded'), skipped: sum('skipped'), failed: sum('failed') };
}
