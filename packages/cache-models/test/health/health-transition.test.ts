import { describe, expect, it } from 'vitest';
import { CacheConfigError, CacheEntry, CacheValidationError, type HealthStatus } from '../../src/index.ts';
import {
  afterFailure,
  afterHealthCheck,
  checkHealthThresholds,
  type HealthCheck,
  type HealthRules,
  parseHealthCheck,
} from '../../src/tier/index.ts';

const NOW = 1_800_000_000_000;
const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1', username: 'ann.smith', password: 'hunter2-x' });
const THRESHOLDS: HealthRules = { thresholds: {}, schedule: { jitter: 0 } };

const checkOf = (status: HealthStatus, more: Partial<HealthCheck> = {}): HealthCheck => ({
  ...parseHealthCheck({ status, checkUrl: 'http://c.example' }, NOW),
  ...more,
});
/** The statuses of an entry after each of several checks. */
function statuses(rules: HealthRules, ...checks: readonly (HealthStatus | HealthCheck)[]): HealthStatus[] {
  let after = entry;
  return checks.map((check) => {
    after = afterHealthCheck(after, typeof check === 'string' ? checkOf(check) : check, rules);
    return after.healthStatus;
  });
}

describe('afterHealthCheck', () => {
  it('stores the reported status if there are no thresholds', () => {
    expect(statuses({}, ...Array(6).fill('unhealthy'), 'healthy')).toEqual([...Array(6).fill('unhealthy'), 'healthy']);
  });

  it('makes an entry dead after five failures in a row, and healthy after two successes', () => {
    const failures = Array(5).fill('unhealthy');
    expect(statuses(THRESHOLDS, ...failures, 'healthy', 'healthy')).toEqual([
      ...failures.slice(1),
      'dead',
      'degraded',
      'healthy',
    ]);
  });

  it('makes an entry degraded by a slow success, whatever its status was', () => {
    const slow = checkOf('healthy', { responseTimeMs: 5000 });
    expect(statuses(THRESHOLDS, checkOf('healthy', { responseTimeMs: 4999 }), slow)).toEqual(['healthy', 'degraded']);
  });

  it('never changes a reported dead, degraded or unknown', () => {
    const reported = ['dead', 'degraded', 'unknown'] as const;
    expect(statuses(THRESHOLDS, ...reported)).toEqual(reported);
  });

  it('applies its own limits', () => {
    const thresholds = { deadAfter: 1, recoverAfter: 3, slowAfterMs: 10 };
    const slow = checkOf('healthy', { responseTimeMs: 10 });
    expect(statuses({ thresholds }, 'unhealthy', 'healthy', 'healthy', 'healthy', slow)).toEqual([
      'dead',
      'degraded',
      'degraded',
      'healthy',
      'degraded',
    ]);
  });

  it('adds only to the totals if the check is older than the last one', () => {
    const before = afterHealthCheck(entry, checkOf('healthy'), THRESHOLDS);
    const after = afterHealthCheck(before, checkOf('dead', { checkTime: NOW - 1 }), THRESHOLDS);
    expect(after.toFields()).toEqual({ ...before.toFields(), totalHealthChecks: 2, totalHealthCheckFailures: 1 });
  });

  it('doubles the wait after each failure in a row', () => {
    const rules = { schedule: { intervalMs: 100, maxIntervalMs: 350, jitter: 0 } };
    let after = entry;
    const waits = [1, 2, 3, 4].map(() => {
      after = afterHealthCheck(after, checkOf('dead'), rules);
      return after.nextCheckTime! - NOW;
    });
    expect(waits).toEqual([100, 200, 350, 350]);
  });

  it("masks the entry's own credentials in the error", () => {
    const after = afterHealthCheck(entry, checkOf('dead', { errorMessage: 'ann.smith used hunter2-x' }));
    expect(after.lastHealthError).toBe('********** used **********');
  });

  it.each([
    [{ schedule: { jitter: 2 } }, 'schedule'],
    [{ thresholds: { deadAfter: 0 } }, 'thresholds'],
    [{ intervalMs: 5 }, 'intervalMs'],
  ])('refuses the rules %j', (rules, path) => {
    const call = () => afterHealthCheck(entry, checkOf('healthy'), rules as HealthRules);
    expect(call).toThrow(CacheValidationError);
    expect(call).toThrow(path);
  });
});

describe('afterFailure', () => {
  it('counts the failure and marks the entry unhealthy', () => {
    expect(afterFailure(entry, 2)).toMatchObject({ failureCount: 1, healthStatus: 'unhealthy', totalHealthChecks: 0 });
  });

  it('removes the entry at the limit, and never without one', () => {
    const failed = afterFailure(entry, 2)!;
    expect(afterFailure(failed, 2)).toBeNull();
    expect(afterFailure(failed, null)?.failureCount).toBe(2);
  });

  it.each([0, 1.5, undefined, '3'])('refuses the limit %j', (limit) => {
    expect(() => afterFailure(entry, limit as never)).toThrow(/removeAfter: must be a whole number/);
  });
});

describe('checkHealthThresholds', () => {
  it('lists every wrong member under its owner', () => {
    const check = () => checkHealthThresholds({ deadAfter: 0, slowAfterMs: 0, recover: 1 } as never, 'cache manager');
    expect(check).toThrow(CacheConfigError);
    expect(check).toThrow(/cache manager: .*healthThresholds\.recover.*\.deadAfter.*\.slowAfterMs/s);
  });
});
