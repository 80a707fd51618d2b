import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry, CacheErrorCode } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import type { HealthCheckResult } from '../../src/index.ts';
import { L3, makeEntry, makeL3, NOW, tempDir, withDatabase } from '../support.ts';

const checkUrl = 'https://example.com/ip';
const schedule = { intervalMs: 1000, maxIntervalMs: 6000, jitter: 0 };

describe('a health check', () => {
  it('is stored in the history and in the entry, with exponential backoff after failures', () => {
    const clock = new ManualClock(NOW);
    const tier = makeL3(tempDir(), { clock, healthSchedule: schedule });
    tier.put('a', makeEntry('a', { password: 'hunter2', failureCount: 3 }));
    const waits: number[] = [];
    for (const status of ['unhealthy', 'dead', 'dead', 'dead', 'unknown', 'degraded', 'healthy'] as const) {
      clock.advance(10);
      const entry = tier.recordHealthCheck('a', { status, checkUrl, responseTimeMs: 1.5, errorMessage: 'timeout' })!;
      waits.push(entry.nextCheckTime! - clock.now());
    }
    expect(waits).toEqual([1000, 2000, 4000, 6000, 6000, 1000, 1000]);
    tier.close();
    expect(tier.get('a')).toMatchObject({
      healthStatus: 'healthy',
      failureCount: 3,
      lastHealthCheck: clock.now(),
      consecutiveHealthFailures: 0,
      consecutiveHealthSuccesses: 2,
      recoveryAttempt: 0,
      totalHealthChecks: 7,
      totalHealthCheckFailures: 4,
      lastHealthError: null,
    });
    expect(tier.get('a')?.password?.reveal()).toBe('hunter2');
    const history = tier.healthHistory('a');
    expect(history.map(({ status }) => status)).toEqual([
      'healthy',
      'degraded',
      'unknown',
      'dead',
      'dead',
      'dead',
      'unhealthy',
    ]);
    expect(history[0]).toEqual({
      checkTime: clock.now(),
      status: 'healthy',
      responseTimeMs: 1.5,
      errorMessage: 'timeout',
      checkUrl,
    });
    expect(tier.healthHistory('a', { limit: 2 })).toEqual(history.slice(0, 2));
    expect(tier.healthHistory('a', { since: NOW + 60 })).toEqual(history.slice(0, 2));
  });

  it('older than the last one adds to the totals but does not change the current state', () => {
    const tier = makeL3(tempDir());
    tier.put('a', makeEntry('a'));
    tier.recordHealthCheck('a', { status: 'healthy', checkUrl });
    const before = tier.get('a')!;
    const after = tier.recordHealthCheck('a', { status: 'dead', checkUrl, checkTime: NOW - 1000 });
    expect(after?.toFields()).toEqual({ ...before.toFields(), totalHealthChecks: 2, totalHealthCheckFailures: 1 });
    expect(tier.healthHistory('a').map(({ status }) => status)).toEqual(['healthy', 'dead']);
  });

  it('of a missing or expired key stores nothing', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.put('old', makeEntry('old', { expiresAt: NOW - 1 }));
    expect(tier.recordHealthCheck('nothing', { status: 'dead', checkUrl })).toBeUndefined();
    expect(tier.recordHealthCheck('old', { status: 'dead', checkUrl })).toBeUndefined();
    expect(countHistory(directory)).toBe(0);
  });

  it('does not store credentials in a URL', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.put('a', makeEntry('a'));
    const errorMessage = 'cannot reach http://user:hunter2@192.0.2.1:80/x via socks5://u:hunter2@h';
    tier.recordHealthCheck('a', { status: 'dead', checkUrl: 'http://user:hunter2@example.com', errorMessage });
    expect(JSON.stringify([tier.healthHistory('a'), tier.get('a')])).not.toContain('hunter2');
    expect(tier.get('a')?.lastHealthError).toBe(
      'cannot reach http://**********@192.0.2.1:80/x via socks5://**********@h',
    );
  });

  it('does not store credentials of its entry, wherever they occur in a string', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.put('a', makeEntry('a', { username: 'ann.smith', password: 'hunter2-hunter2' }));
    const token = Buffer.from('ann.smith:hunter2-hunter2').toString('base64');
    const errorMessage = `ann.smith refused (${token}): hunter2-hunter2`;
    const checkUrl = 'https://example.com/ip/hunter2%2Dhunter2';
    expect(tier.recordHealthCheck('a', { status: 'dead', checkUrl, errorMessage })?.lastHealthError).toBe(
      '********** refused (**********): **********',
    );
    expect(tier.healthHistory('a')[0]).toMatchObject({
      errorMessage: '********** refused (**********): **********',
      checkUrl: 'https://example.com/ip/**********',
    });
    tier.close();
    const bytes = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
      .join('');
    expect(bytes).toContain('refused');
    expect(['hunter2', 'ann.smith', token].filter((trace) => bytes.includes(trace))).toEqual([]);
  });

  it('with invalid members is refused, and the error lists all of them', () => {
    const tier = makeL3(tempDir());
    const wrong = { status: 'poorly', checkTime: 'x', responseTimeMs: -1, errorMessage: 5, checkUrl: '' };
    expect(() => tier.recordHealthCheck('a', wrong as unknown as HealthCheckResult)).toThrow(
      expect.objectContaining({ code: CacheErrorCode.VALIDATION_FAILED }),
    );
    expect(() => tier.recordHealthCheck('a', wrong as unknown as HealthCheckResult)).toThrow(
      /status.*checkTime.*responseTimeMs.*errorMessage.*checkUrl/,
    );
    expect(() => tier.healthHistory('a', { limit: 0, since: 'x' })).toThrow(/limit.*since/);
    expect(() => makeL3(tempDir(), { healthSchedule: { jitter: 2 } })).toThrow(/healthSchedule/);
  });
});

describe('the health history', () => {
  it('and created_at survive an update of the entry, and the history is deleted with the entry', () => {
    const directory = tempDir();
    const clock = new ManualClock(NOW);
    const tier = makeL3(directory, { clock });
    tier.putMany(
      ['a', 'b', 'c', 'd'].map((key) => makeEntry(key, { expiresAt: key === 'c' ? NOW + 5000 : NOW + 1e9 })),
    );
    for (const key of ['a', 'b', 'c', 'd']) tier.recordHealthCheck(key, { status: 'healthy', checkUrl });
    clock.advance(1000);
    tier.put('a', makeEntry('a', { source: 'again' }));
    expect(tier.healthHistory('a')).toHaveLength(1);
    const stamps = withDatabase(L3.file(directory), (db) =>
      db.prepare("SELECT created_at, updated_at FROM cache_entries WHERE key = 'a'").raw().get(),
    );
    expect(stamps).toEqual([NOW / 1000, NOW / 1000 + 1]);
    tier.delete('b');
    expect(countHistory(directory)).toBe(3);
    clock.advance(10_000);
    expect(tier.cleanupExpired()).toBe(1);
    expect(countHistory(directory)).toBe(2);
    expect(tier.healthHistory('b')).toEqual([]);
    expect(tier.clear()).toBe(2);
    expect(countHistory(directory)).toBe(0);
  });

  it('belongs to one proxy: another one stored under the same key starts without history', () => {
    const tier = makeL3(tempDir());
    const gate = makeEntry('a', { proxyUrl: 'http://[2001:db8::1]:80' });
    const write = {
      put: (entry: typeof gate) => tier.put('a', entry),
      putMany: (entry: typeof gate) => tier.putMany([makeEntry('b'), entry]),
    };
    for (const put of Object.values(write)) {
      put(gate);
      tier.recordHealthCheck('a', { status: 'healthy', checkUrl });
      put(CacheEntry.restore({ ...gate.toFields(), proxyUrl: 'HTTP://[2001:DB8:0::1]:80' }));
      expect(tier.healthHistory('a')).toHaveLength(1);
      for (const proxyUrl of [
        'http://[2001:db8::1]:81',
        'socks5://[2001:db8::1]:81',
        'http://evil.example:80',
        'odd',
      ]) {
        put(CacheEntry.restore({ ...gate.toFields(), proxyUrl }));
        expect(tier.healthHistory('a'), proxyUrl).toEqual([]);
        tier.recordHealthCheck('a', { status: 'dead', checkUrl });
        expect(tier.healthHistory('a'), proxyUrl).toHaveLength(1);
      }
      tier.delete('a');
    }
  });

  const LAST = '9223372036854775807';
  const row = (id: string) => `INSERT INTO health_history VALUES (${id}, 'a', 1, 'dead', NULL, NULL, 'x')`;
  it.each([
    ['a sequence at its maximum', `UPDATE sqlite_sequence SET seq = ${LAST}`],
    ['an invalid sequence', `UPDATE sqlite_sequence SET seq = 'x'`],
    ['a row with the last possible id', row(LAST)],
    [
      'rows at and near the last plausible ids',
      [LAST, 2 ** 52, 2 ** 52 - 1, 2 ** 52 - 2, 2 ** 52 - 2 ** 40].map((id) => row(String(id))).join(';'),
    ],
    ['ids below 0', `UPDATE health_history SET id = -5; ${row('-9')}`],
  ])('takes new checks after %s', (_what, sql) => {
    const directory = tempDir();
    const tier = makeL3(directory, { healthRetention: { maxAgeMs: null } });
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    tier.recordHealthCheck('a', { status: 'healthy', checkUrl });
    withDatabase(L3.file(directory), (db) => db.exec(sql));
    for (let i = 1; i <= 5; i++)
      expect(tier.recordHealthCheck('a', { status: 'degraded', checkUrl, checkTime: NOW + i })).toBeDefined();
    expect(tier.healthHistory('a', { since: NOW + 1 }).map(({ checkTime }) => checkTime - NOW)).toEqual([
      5, 4, 3, 2, 1,
    ]);
    expect(tier.totalFailures).toBe(0);
    expect(tier.enabled).toBe(true);
  });

  it('is deleted with an evicted entry', () => {
    const directory = tempDir();
    const tier = L3.make(directory, { maxEntries: 1 }) as ReturnType<typeof makeL3>;
    tier.put('a', makeEntry('a'));
    tier.recordHealthCheck('a', { status: 'healthy', checkUrl });
    tier.put('b', makeEntry('b'));
    expect(countHistory(directory)).toBe(0);
  });
});

function countHistory(directory: string): unknown {
  return withDatabase(L3.file(directory), (db) => db.prepare('SELECT count(*) FROM health_history').pluck().get());
}
