import type { CacheEntry } from '@pw/cache-models';
import type { ExpectedEntry } from '@pw/test-support';
import { expect } from 'vitest';

const micros = (instant: number | null) => (instant === null ? null : Math.round(instant * 1e3));
const secondsToMicros = (seconds: number | null) => (seconds === null ? null : Math.round(seconds * 1e6));

/** An entry as in the files of expected entries, with times as whole microseconds. */
function asExpected(entry: CacheEntry) {
  return {
    key: entry.key,
    proxy_url: entry.proxyUrl,
    username: entry.username?.reveal() ?? null,
    password: entry.password?.reveal() ?? null,
    source: entry.source,
    fetch_time: micros(entry.fetchTime),
    last_accessed: micros(entry.lastAccessed),
    access_count: entry.accessCount,
    ttl_seconds: entry.ttlSeconds,
    expires_at: micros(entry.expiresAt),
    health_status: entry.healthStatus,
    failure_count: entry.failureCount,
    evicted_from_l1: entry.evictedFromL1,
    last_health_check: micros(entry.lastHealthCheck),
    consecutive_health_failures: entry.consecutiveHealthFailures,
    consecutive_health_successes: entry.consecutiveHealthSuccesses,
    recovery_attempt: entry.recoveryAttempt,
    next_check_time: micros(entry.nextCheckTime),
    last_health_error: entry.lastHealthError,
    total_health_checks: entry.totalHealthChecks,
    total_health_check_failures: entry.totalHealthCheckFailures,
    is_healthy: entry.isHealthy,
  };
}

function inMicros(entry: ExpectedEntry) {
  const { is_expired: _, ...fields } = entry;
  return {
    ...fields,
    fetch_time: secondsToMicros(entry.fetch_time),
    last_accessed: secondsToMicros(entry.last_accessed),
    expires_at: secondsToMicros(entry.expires_at),
    last_health_check: secondsToMicros(entry.last_health_check),
    next_check_time: secondsToMicros(entry.next_check_time),
  };
}

/** Every field, to the microsecond. */
export function expectEntry(entry: CacheEntry | undefined, expected: ExpectedEntry): void {
  expect(entry, `entry ${JSON.stringify(expected.key).slice(0, 60)}`).toBeDefined();
  expect(asExpected(entry!)).toMatchObject(inMicros(expected));
}
