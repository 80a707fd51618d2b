import { type HealthStatus, type InstantInput, isHealthStatus, HealthStatus as Status } from '@pw/cache-models';
import { type ArgumentKind, checkOptionsObject, MAX_INSTANT, MIN_INSTANT, toInstant } from '@pw/cache-models/tier';
import { type StoredValue, seconds } from '../rows/entry-values.ts';
import type { RowStore } from '../rows/row-store.ts';
import { isDuration, isTime, lastRecorded, type OnDamagedChecks, validChecks } from './stored-checks.ts';
import type { HealthSummary, HealthWindow, ResponseTimes } from './summary-shape.ts';

/** Reads no strings except the status. */
const IN_WINDOW = `SELECT check_time, status, response_time_ms FROM (${lastRecorded('check_time', 'status', 'response_time_ms')})
  WHERE check_time >= ? AND check_time < ?`;

const TIME: ArgumentKind = Object.freeze({
  wanted: 'must be a time',
  isRight: (value: unknown) => value === undefined || toInstant(value as InstantInput) !== undefined,
});
const WINDOW: Readonly<Record<keyof HealthWindow, ArgumentKind>> = Object.freeze({ since: TIME, until: TIME });

/** Checks a window. Throws a CacheValidationError that lists every wrong member. */
export function parseWindow(window: HealthWindow): { since: number; until: number } {
  checkOptionsObject(window, WINDOW, { what: 'health summary', name: 'window' });
  const { since = MIN_INSTANT, until } = window;
  return { since: toInstant(since)!, until: until === undefined ? MAX_INSTANT + 1 : toInstant(until)! };
}

/**
 * Summarizes the checks of a key from `since` (included) to `until` (not included); otherwise like
 * `selectHealthHistory`.
 */
export function summarizeHealth(
  store: RowStore,
  key: string,
  { since, until, most }: { readonly since: number; readonly until: number; readonly most: number },
  onDamaged: OnDamagedChecks,
): HealthSummary {
  const rows = key.isWellFormed()
    ? (store.statements.of(IN_WINDOW).raw().all(key, key, most, seconds(since), seconds(until)) as StoredValue[][])
    : [];
  const checks = validChecks(rows, toOutcome, onDamaged);
  let [successes, failures] = [0, 0];
  const times: number[] = [];
  for (const { status, time } of checks) {
    if (status === Status.HEALTHY || status === Status.DEGRADED) successes++;
    else if (status !== Status.UNKNOWN) failures++;
    if (time !== null) times.push(time);
  }
  const findings = successes + failures;
  return {
    checks: checks.length,
    successes,
    failures,
    uptime: findings === 0 ? null : successes / findings,
    responseTimeMs: times.length === 0 ? null : responseTimes(times),
  };
}

function toOutcome([checkTime, status, time]: readonly StoredValue[]):
  | { status: HealthStatus; time: number | null }
  | undefined {
  return isTime(checkTime) && isHealthStatus(status) && isDuration(time) ? { status, time } : undefined;
}

function responseTimes(times: number[]): ResponseTimes {
  times.sort((a, b) => a - b);
  const percentile = (percent: number): number => times[Math.max(0, Math.ceil((percent / 100) * times.length) - 1)]!;
  return {
    count: times.length,
    min: times[0]!,
    mean: times.reduce((sum, time) => sum + time, 0) / times.length,
    p50: percentile(50),
    p90: percentile(90),
    p95: percentile(95),
    p99: percentile(99),
    max: times.at(-1)!,
  };
}
