import { ManualClock, RecordingLogger } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_CHECKS } from '../../src/health/stored-checks.ts';
import { L3, makeEntry, makeL3, NOW, tempDir, withDatabase } from '../support.ts';

const checkUrl = 'https://example.com/ip';

function stored(directory: string): unknown {
  return withDatabase(L3.file(directory), (db) =>
    db.prepare('SELECT proxy_key, count(*) FROM health_history GROUP BY proxy_key ORDER BY proxy_key').raw().all(),
  );
}

describe('the health history', () => {
  it('keeps the newest checks of each key', () => {
    const directory = tempDir();
    const tier = makeL3(directory, { healthRetention: { maxRecordsPerKey: 3 } });
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    for (let i = 0; i < 10; i++) {
      tier.recordHealthCheck('a', { status: 'healthy', checkUrl, responseTimeMs: i, checkTime: NOW + i });
      if (i < 2) tier.recordHealthCheck('b', { status: 'dead', checkUrl });
    }
    expect(tier.healthHistory('a').map(({ responseTimeMs }) => responseTimeMs)).toEqual([9, 8, 7]);
    expect(stored(directory)).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
    expect(tier.get('a')).toMatchObject({ totalHealthChecks: 10 });
  });

  it('removes old checks of any key, however many there are', () => {
    const directory = tempDir();
    const clock = new ManualClock(NOW);
    const keep = makeL3(directory, { clock, healthRetention: { maxAgeMs: null, maxRecordsPerKey: null } });
    keep.putMany([makeEntry('a'), makeEntry('b')]);
    for (let i = 0; i < 250; i++) keep.recordHealthCheck('a', { status: 'healthy', checkUrl });
    expect(keep.healthHistory('a', { limit: 1000 })).toHaveLength(250);
    clock.advance(1001);
    const tier = makeL3(directory, { clock, healthRetention: { maxAgeMs: 1000 } });
    for (let i = 0; i < 3; i++) tier.recordHealthCheck('b', { status: 'healthy', checkUrl });
    expect(stored(directory)).toEqual([['b', 3]]);
  });

  it('of any length is read up to a constant number of checks, and pruned in steps', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.put('a', makeEntry('a'));
    withDatabase(L3.file(directory), (db) =>
      db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MOST_CHECKS + 5000})
        INSERT INTO health_history SELECT i, 'a', ${NOW / 1000} + i, 'healthy', i, NULL, 'x' FROM n`),
    );
    const newest = MOST_CHECKS + 5000;
    expect(tier.healthSummary('a')).toMatchObject({ checks: MOST_CHECKS, responseTimeMs: { min: 5001, max: newest } });
    expect(tier.healthSummary('a', { until: NOW + 5001 * 1000 })).toMatchObject({ checks: 0 });
    expect(tier.healthHistory('a', { limit: 2 }).map(({ responseTimeMs }) => responseTimeMs)).toEqual([
      newest,
      newest - 1,
    ]);
    expect(stored(directory)).toEqual([['a', newest]]);
    tier.recordHealthCheck('a', { status: 'healthy', checkUrl });
    expect(stored(directory)).toEqual([['a', newest + 1 - 100]]);
    const more = makeL3(directory, { healthRetention: { maxRecordsPerKey: MOST_CHECKS + 10 } });
    expect(more.healthSummary('a').checks).toBe(MOST_CHECKS + 10);
  });

  it('gets its indexes back if another program dropped them', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.open();
    tier.close();
    withDatabase(L3.file(directory), (db) =>
      db.exec('DROP INDEX idx_health_history_proxy; DROP INDEX idx_health_history_time'),
    );
    tier.open();
    const names = "SELECT name FROM sqlite_master WHERE name LIKE 'idx_health_history%' ORDER BY name";
    expect(withDatabase(L3.file(directory), (db) => db.prepare(names).pluck().all())).toEqual([
      'idx_health_history_proxy',
      'idx_health_history_time',
    ]);
  });

  it.each([
    ['check_time', `x'00'`],
    ['check_time', `'abc'`],
    ['check_time', '9e999'],
    ['status', `'abc'`],
    ['status', `x'6465616464'`],
    ['response_time_ms', `'abc'`],
    ['response_time_ms', `x'01'`],
    ['response_time_ms', '9e999'],
    ['response_time_ms', '-1'],
    ['error_message', `x'01'`],
    ['error_message', `zeroblob(4000000)`],
    ['check_url', `x'01'`],
    ['check_url', `hex(zeroblob(1000000))`],
  ])('skips and counts a check whose %s is %s', (column, value) => {
    const directory = tempDir();
    const logger = new RecordingLogger();
    const tier = makeL3(directory, { logger });
    tier.put('a', makeEntry('a'));
    for (let i = 0; i < 3; i++)
      tier.recordHealthCheck('a', { status: 'healthy', checkUrl, responseTimeMs: i, checkTime: NOW + i });
    withDatabase(L3.file(directory), (db) =>
      db.exec(`UPDATE health_history SET ${column} = ${value} WHERE response_time_ms = 1`),
    );
    expect(tier.healthHistory('a').map(({ responseTimeMs }) => responseTimeMs)).toEqual([2, 0]);
    expect(tier.statistics.evictionsCorruption).toBe(1);
    expect(logger.lines.length).toBe(1);
    expect(tier.totalFailures).toBe(0);
    // A summary reads no strings except the status.
    const checks = column === 'error_message' || column === 'check_url' ? 3 : 2;
    const until = column === 'check_time' ? {} : { until: NOW + 10 };
    expect(tier.healthSummary('a', until)).toMatchObject({ checks, successes: checks, uptime: 1 });
    expect(tier.healthSummary('a').responseTimeMs).toMatchObject({ count: checks, min: 0, mean: 1, max: 2 });
  });

  it('refuses a check whose URL would be too long to be read', () => {
    const tier = makeL3(tempDir());
    tier.put('a', makeEntry('a'));
    const url = `https://example.com/${'x'.repeat(1024 * 1024)}`;
    expect(() => tier.recordHealthCheck('a', { status: 'healthy', checkUrl: url })).toThrow(/checkUrl/);
    expect(tier.get('a')?.totalHealthChecks).toBe(0);
    expect(tier.healthHistory('a')).toEqual([]);
  });

  it('refuses a wrong retention', () => {
    for (const healthRetention of [{ maxAgeMs: 0 }, { maxRecordsPerKey: 1.5 }, { maxRecordsPerKey: 0 }])
      expect(() => makeL3(tempDir(), { healthRetention })).toThrow(/healthRetention\./);
  });
});

describe('a health summary', () => {
  it('reports uptime and response times in a window', () => {
    const tier = makeL3(tempDir());
    tier.put('a', makeEntry('a'));
    const states = ['healthy', 'degraded', 'dead', 'unknown', 'unhealthy', 'healthy'] as const;
    states.forEach((status, i) => {
      const responseTimeMs = status === 'dead' ? null : (i + 1) * 10;
      tier.recordHealthCheck('a', { status, checkUrl, responseTimeMs, checkTime: NOW + i });
    });
    expect(tier.healthSummary('a')).toEqual({
      checks: 6,
      successes: 3,
      failures: 2,
      uptime: 0.6,
      responseTimeMs: { count: 5, min: 10, mean: 36, p50: 40, p90: 60, p95: 60, p99: 60, max: 60 },
    });
    expect(tier.healthSummary('a', { since: NOW + 2, until: new Date(NOW + 4) })).toEqual({
      checks: 2,
      successes: 0,
      failures: 1,
      uptime: 0,
      responseTimeMs: { count: 1, min: 40, mean: 40, p50: 40, p90: 40, p95: 40, p99: 40, max: 40 },
    });
    const nothing = { checks: 0, successes: 0, failures: 0, uptime: null, responseTimeMs: null };
    expect(tier.healthSummary('a', { until: NOW })).toEqual(nothing);
    expect(tier.healthSummary('nothing')).toEqual(nothing);
    expect(() => tier.healthSummary('a', { since: 'x', until: Number.NaN })).toThrow(/since.*until/);
  });

  it('computes percentiles by nearest rank', () => {
    const tier = makeL3(tempDir());
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 }), (times) => {
        tier.delete('a');
        tier.put('a', makeEntry('a'));
        for (const responseTimeMs of times)
          tier.recordHealthCheck('a', { status: 'healthy', checkUrl, responseTimeMs });
        const summary = tier.healthSummary('a').responseTimeMs!;
        for (const [name, share] of [
          ['p50', 0.5],
          ['p90', 0.9],
          ['p95', 0.95],
          ['p99', 0.99],
        ] as const) {
          // The smallest time that this share of the times does not exceed.
          const wanted = [...times]
            .sort((a, b) => a - b)
            .find((t) => times.filter((one) => one <= t).length >= share * times.length);
          expect(summary[name]).toBe(wanted);
        }
      }),
      { numRuns: 20 },
    );
  });
});
