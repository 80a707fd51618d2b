import type { WarmResult } from '@pw/cache-manager';
import { formatCount } from './format.ts';

export type Counts = Pick<WarmResult, 'loaded' | 'skipped' | 'failed'>;

/** `, 2 skipped, 1 failed`, of those that there are. */
export function others({ skipped, failed }: Pick<Counts, 'skipped' | 'failed'>): string {
  const counts: string[] = [];
  if (skipped > 0) counts.push(`, ${formatCount(skipped)} skipped`);
  if (failed > 0) counts.push(`, ${formatCount(failed)} failed`);
  return counts.join('');
}

/** True if not all that is a proxy is stored, or a file that has rows has none that is one. */
export function hasFailed({ loaded, skipped, failed }: Counts): boolean {
  return failed > 0 || (loaded === 0 && skipped > 0);
}

export function totalsOf(results: readonly Counts[]): Counts {
  const sum = (name: keyof Counts) => results.reduce((total, result) => total + result[name], 0);
  return { loaded: sum('loaded'), skipped: sum('skipped'), failed: sum('failed') };
}
