import type { CacheEntry } from '@pw/cache-models';
import { isPromise, type LoggedAnswer, type LoggedWrite, type LogPage, type LogRow } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { HOUR } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import { until } from '../trial/until.ts';

const MOST = 1_000_000;
export const OPTIONS = { after: 0, timeoutMs: 5000 };
/** A version of a write that a tier above has taken, later than what the clock of the checks gives. */
export const LATER = (START + HOUR) * 1024 + 1;

/** Calls an operation that answers at once, whether or not the tier is synchronous. */
export function atOnce<T>(trial: Trial, what: string, operation: () => T): T {
  const answer = operation();
  trial.holds(`type of ${what}`, !isPromise(answer), 'a value', 'a promise');
  return answer;
}

/** Repeats a change that answers at once while another has the lock. */
export async function unlocked<T>(trial: Trial, what: string, operation: () => T | 'locked'): Promise<T> {
  let answer: T | 'locked' = 'locked';
  await until(trial, `${what}, repeated while the store is locked`, () => {
    answer = atOnce(trial, what, operation);
    return answer !== 'locked';
  });
  return answer as T;
}

export function page(trial: Trial, tier: ObservedTier, after: number, limit = MOST): LogPage {
  const read = atOnce(trial, 'log.read()', () => tier.raw.log!.read(after, limit));
  trial.holds(`log.read(${after}, ${limit})`, read !== undefined, 'a page', read);
  return read!;
}

export const rowsAfter = (trial: Trial, tier: ObservedTier, after: number): readonly LogRow[] =>
  page(trial, tier, after).rows;
export const keysAfter = (trial: Trial, tier: ObservedTier, after: number) =>
  rowsAfter(trial, tier, after).map(({ key }) => key);
export const headOf = (trial: Trial, tier: ObservedTier): number => page(trial, tier, 0, 1).head;
export const versionIn = (trial: Trial, tier: ObservedTier, key: string) =>
  atOnce(trial, 'log.versionOf()', () => tier.raw.log!.versionOf(key));

export async function write(
  trial: Trial,
  tier: ObservedTier,
  writes: readonly LoggedWrite[],
  options = OPTIONS,
): Promise<readonly LoggedAnswer[]> {
  const answers = await tier.call('log.write()', () => tier.raw.log!.write(writes, options));
  trial.same('number of answers of log.write()', answers?.length, writes.length);
  return answers!;
}

export function replay(
  trial: Trial,
  tier: ObservedTier,
  key: string | null,
  entry: CacheEntry | null,
  version: number,
) {
  return unlocked(trial, 'log.replay()', () => tier.raw.log!.replay(key, entry, version));
}

/** Fails unless what a tier logged since a position names this key. */
export function expectLogged(
  trial: Trial,
  tier: ObservedTier,
  after: number,
  what: string,
  ...keys: (string | null)[]
): void {
  const logged = keysAfter(trial, tier, after);
  for (const key of keys) trial.holds(`rows of the log after ${what}`, logged.includes(key), key, logged);
}

/** Fails unless versions and positions grow from row to row. */
export function expectGrowth(trial: Trial, rows: readonly LogRow[]): void {
  for (const member of ['position', 'version'] as const) {
    const found = rows.map((row) => row[member]);
    trial.same(
      `${member}s in the log`,
      found,
      [...new Set(found)].sort((a, b) => a - b),
    );
  }
}
