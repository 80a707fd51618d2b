import type { FieldProblem } from '@pw/cache-models';
import { type ArgumentKind, Kinds, nullable, objectWith, problemsOfOptions, wholeNumber } from '@pw/cache-models/tier';
import { OPAQUE } from '../rows/entry-row.ts';
import { seconds } from '../rows/entry-values.ts';
import type { RowStore } from '../rows/row-store.ts';
import { fewBytesOf } from './check-tombstones.ts';
import type { HealthRetention } from './retention-options.ts';

/** A checked retention; Infinity means no limit. */
export interface RetentionLimits {
  readonly records: number;
  readonly ageMs: number;
}

const DEFAULT_RECORDS = 500;
const DEFAULT_AGE_MS = 30 * 86_400_000;
/** Old checks removed with each new one: more than are added, so that even a large number is gradually removed. */
const BATCH = 100;

const MEMBERS: Readonly<Record<keyof HealthRetention, ArgumentKind>> = Object.freeze({
  maxRecordsPerKey: nullable(wholeNumber(1)),
  maxAgeMs: nullable({
    wanted: 'must be a number above 0',
    isRight: (value) => Number.isFinite(value) && (value as number) > 0,
  }),
});

/** An object that may be a retention: {@link retentionProblems} checks its members. */
export const HEALTH_RETENTION: ArgumentKind = objectWith(MEMBERS);

/** Problems with the members of a retention. */
export function retentionProblems(retention: unknown): readonly FieldProblem[] {
  if (!Kinds.object.isRight(retention)) return [];
  const problems = problemsOfOptions(retention, MEMBERS);
  return problems.map(({ path, message }) => ({ path: `healthRetention.${path}`, message }));
}

/** A checked retention, with defaults filled in. */
export function parseRetention(retention: HealthRetention): RetentionLimits {
  const { maxRecordsPerKey: records = DEFAULT_RECORDS, maxAgeMs: age = DEFAULT_AGE_MS } = retention;
  return { records: records ?? Number.POSITIVE_INFINITY, ageMs: age ?? Number.POSITIVE_INFINITY };
}

/** In the index of keys, the rows of one key are in order of id, so this reads only rows that are kept or removed. */
const NEWEST_BEYOND = 'SELECT id FROM health_history WHERE proxy_key = ? ORDER BY id DESC LIMIT 1 OFFSET ?';
const BEYOND_COUNT = `DELETE FROM health_history WHERE id IN
  (${fewBytesOf(`SELECT id FROM health_history WHERE proxy_key = ${OPAQUE} AND id <= (${NEWEST_BEYOND}) ORDER BY id LIMIT ${BATCH}`)})`;
const ANY_OLD = 'SELECT 1 FROM health_history WHERE check_time < ? LIMIT 1';
const OLDEST = `DELETE FROM health_history WHERE id IN
  (${fewBytesOf(`SELECT id FROM health_history WHERE check_time < ${OPAQUE} ORDER BY check_time LIMIT ${BATCH}`)})`;

/**
 * Removes checks beyond the limits, some at a time: the oldest of this key, and those of any key that are too old. Runs
 * inside a write transaction.
 */
export function pruneHistory(store: RowStore, key: string, { records, ageMs }: RetentionLimits, now: number): void {
  const { statements } = store;
  // Usually there is nothing to remove, and a query is cheaper than a deletion.
  if (Number.isFinite(records) && statements.of(NEWEST_BEYOND).get(key, records) !== undefined)
    statements.of(BEYOND_COUNT).run(key, key, records);
  const oldest = seconds(now - ageMs);
  if (Number.isFinite(ageMs) && statements.of(ANY_OLD).get(oldest) !== undefined) statements.of(OLDEST).run(oldest);
}
