import {
  type ArgumentKind,
  type FieldProblem,
  Kinds,
  nullable,
  problemsOfOptions,
  wholeNumber,
} from '@pw/cache-models';
import { PLAIN } from '../rows/entry-row.ts';
import { seconds } from '../rows/entry-values.ts';
import type { EntryStore } from '../rows/row-store.ts';
import { fewBytesOf } from './check-tombstones.ts';

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

const MEMBERS: Readonly<Record<keyof HealthRetention, ArgumentKind>> = Object.freeze({
  maxRecordsPerKey: nullable(wholeNumber(1)),
  maxAgeMs: nullable({
    wanted: 'must be a number above 0',
    isRight: (value) => Number.isFinite(value) && (value as number) > 0,
  }),
});

/** What is wrong with the members of a retention. */
export function problemsOfRetention(retention: unknown): readonly FieldProblem[] {
  if (!Kinds.object.isRight(retention)) return [];
  const problems = problemsOfOptions(retention, MEMBERS);
  return problems.map(({ path, message }) => ({ path: `healthRetention.${path}`, message }));
}

/** A checked retention, complete. */
export function parseRetention(retention: HealthRetention): RetentionLimits {
  const { maxRecordsPerKey: records = DEFAULT_RECORDS, maxAgeMs: age = DEFAULT_AGE_MS } = retention;
  return { records: records ?? Number.POSITIVE_INFINITY, ageMs: age ?? Number.POSITIVE_INFINITY };
}

/** In the index of keys the rows of one key follow by id, so this touches no more of them than are kept, and go. */
const NEWEST_BEYOND = 'SELECT id FROM health_history WHERE proxy_key = ? ORDER BY id DESC LIMIT 1 OFFSET ?';
const BEYOND_COUNT = `DELETE FROM health_history WHERE id IN
  (${fewBytesOf(`SELECT id FROM health_history WHERE proxy_key = ${PLAIN} AND id <= (${NEWEST_BEYOND}) ORDER BY id LIMIT ${BATCH}`)})`;
const ANY_OLD = 'SELECT 1 FROM health_history WHERE check_time < ? LIMIT 1';
const OLDEST = `DELETE FROM health_history WHERE id IN
  (${fewBytesOf(`SELECT id FROM health_history WHERE check_time < ${PLAIN} ORDER BY check_time LIMIT ${BATCH}`)})`;

/** Drops checks of a key beyond the limit, the oldest first and some at a time, and some of any key that are too old. Runs inside a write transaction. */
export function forgetChecks(store: EntryStore, key: string, { records, ageMs }: RetentionLimits, now: number): void {
  const { statements } = store;
  // There is mostly nothing to remove, and a look is cheaper.
  if (Number.isFinite(records) && statements.of(NEWEST_BEYOND).get(key, records) !== undefined)
    statements.of(BEYOND_COUNT).run(key, key, records);
  const oldest = seconds(now - ageMs);
  if (Number.isFinite(ageMs) && statements.of(ANY_OLD).get(oldest) !== undefined) statements.of(OLDEST).run(oldest);
}
