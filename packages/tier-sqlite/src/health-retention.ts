import { CacheConfigError } from '@pw/cache-models';
import type { EntryStore } from './entry-store.ts';
import { seconds } from './entry-values.ts';

/** How much of the health history is kept. */
export interface HealthRetention {
  /** Most checks of one key, the ones recorded last: 1 or more, default 500; null for no limit. */
  readonly maxRecordsPerKey?: number | null | undefined;
  /** Checks that are older go, in milliseconds: above 0, default 2592000000 (30 days); null for no limit. */
  readonly maxAgeMs?: number | null | undefined;
}

/** A checked retention; Infinity for no limit. */
export interface RetentionLimits {
  readonly records: number;
  readonly ageMs: number;
}

const DEFAULT_RECORDS = 500;
const DEFAULT_AGE_MS = 30 * 86_400_000;
/** Old checks that go with a new one: more than come, so that any number of them is gone in time. */
const BATCH = 100;

/** Throws a CacheConfigError in the name of `tier` that lists every wrong member. */
export function parseRetention(retention: HealthRetention, tier: string): RetentionLimits {
  const { maxRecordsPerKey: records = DEFAULT_RECORDS, maxAgeMs: age = DEFAULT_AGE_MS } = retention;
  const problems = [];
  if (records !== null && !(Number.isSafeInteger(records) && records >= 1)) {
    problems.push({
      path: 'healthRetention.maxRecordsPerKey',
      message: 'must be a whole number of 1 or more, or null',
    });
  }
  if (age !== null && !(Number.isFinite(age) && age > 0)) {
    problems.push({ path: 'healthRetention.maxAgeMs', message: 'must be a number above 0, or null' });
  }
  if (problems.length > 0) {
    const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new CacheConfigError(`${tier}: ${list}`, { tier, problems });
  }
  return { records: records ?? Number.POSITIVE_INFINITY, ageMs: age ?? Number.POSITIVE_INFINITY };
}

/** In the index of keys the rows of one key follow by id, so this touches no more of them than are kept, and go. */
const BEYOND_COUNT = `DELETE FROM health_history WHERE id IN (SELECT id FROM health_history WHERE proxy_key = @key AND id <=
  (SELECT id FROM health_history WHERE proxy_key = @key ORDER BY id DESC LIMIT 1 OFFSET @records) ORDER BY id LIMIT ${BATCH})`;
const OLDEST = `DELETE FROM health_history WHERE id IN
  (SELECT id FROM health_history WHERE check_time < ? ORDER BY check_time LIMIT ?)`;

/** Drops checks of a key beyond the limit, the oldest first and some at a time, and some of any key that are too old. Runs inside a write transaction. */
export function forgetChecks(store: EntryStore, key: string, { records, ageMs }: RetentionLimits, now: number): void {
  if (Number.isFinite(records)) store.statements.of(BEYOND_COUNT).run({ key, records });
  if (Number.isFinite(ageMs)) store.statements.of(OLDEST).run(seconds(now - ageMs), BATCH);
}
