import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  CacheConfigError,
  type CacheConfigInput,
  CacheValidationError,
  type HealthCheckResult,
  type HealthStatus,
} from '@pw/cache-models';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type CacheManagerOptions, openCache } from '../../src/index.ts';
import { entryOf } from '../support/stack.ts';

const checkUrl = 'http://check.example/';
const KEY = Buffer.alloc(32, 7).toString('base64url').padEnd(44, '=');

async function openHealth(withHistory: boolean, options: Partial<CacheManagerOptions> = {}) {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ clock });
  const l2 = withHistory
    ? new SqliteCacheTier({ path: join(makeTempDir(onTestFinished), 'l3.db'), clock })
    : new MemoryCacheTier({ clock });
  const cache = await CacheManager.open({ tiers: [l1, l2], clock, ...options });
  onTestFinished(() => cache.close());
  await cache.put('k', entryOf('k', { ttlSeconds: 1e6 }, clock));
  const check = (status: HealthStatus, more: Partial<HealthCheckResult> = {}) =>
    cache.recordHealthCheck('k', { status, checkUrl, ...more });
  return { cache, clock, l1, l2, check };
}

describe.each([true, false])('recordHealthCheck with a history: %s', (withHistory) => {
  it('stores the same health in every tier', async () => {
    const { cache, clock, l1, l2, check } = await openHealth(withHistory);
    await cache.get('k');
    const after = await check('unhealthy', { errorMessage: 'timeout', responseTimeMs: 10 });
    expect(after).toMatchObject({
      healthStatus: 'unhealthy',
      lastHealthCheck: clock.now(),
      consecutiveHealthFailures: 1,
      totalHealthChecks: 1,
      totalHealthCheckFailures: 1,
      lastHealthError: 'timeout',
      accessCount: 1,
    });
    expect(after?.nextCheckTime).toBeGreaterThan(clock.now());
    const facts = ({ healthStatus, totalHealthChecks, nextCheckTime }: NonNullable<typeof after>) => ({
      healthStatus,
      totalHealthChecks,
      nextCheckTime,
    });
    expect(facts(l1.peek('k')!)).toEqual(facts(after!));
    expect(facts(l2.peek('k')!)).toEqual(facts(after!));
  });

  it('marks a proxy dead after five consecutive failures, and healthy again after two successes', async () => {
    const { check } = await openHealth(withHistory);
    const states: (string | undefined)[] = [];
    for (const status of [
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'unhealthy',
      'healthy',
      'healthy',
    ] as const)
      states.push((await check(status))?.healthStatus);
    expect(states).toEqual(['unhealthy', 'unhealthy', 'unhealthy', 'unhealthy', 'dead', 'degraded', 'healthy']);
  });

  it('resets the count of failures after a success', async () => {
    const { check } = await openHealth(withHistory);
    for (let i = 0; i < 4; i++) await check('unhealthy');
    expect(await check('healthy')).toMatchObject({ healthStatus: 'healthy', consecutiveHealthFailures: 0 });
    for (let i = 0; i < 4; i++) expect((await check('unhealthy'))?.healthStatus).toBe('unhealthy');
    expect(await check('unhealthy')).toMatchObject({ healthStatus: 'dead', totalHealthChecks: 10 });
  });

  it('applies the configured thresholds', async () => {
    const healthThresholds = { deadAfter: 1, recoverAfter: 1, slowAfterMs: 100 };
    const { l1, l2, check } = await openHealth(withHistory, { healthThresholds });
    expect((await check('unhealthy'))?.healthStatus).toBe('dead');
    expect((await check('healthy', { responseTimeMs: 99 }))?.healthStatus).toBe('healthy');
    expect((await check('healthy', { responseTimeMs: 100 }))?.healthStatus).toBe('degraded');
    expect(l1.peek('k')?.healthStatus).toBe('degraded');
    expect(l2.peek('k')?.healthStatus).toBe('degraded');
  });

  it('does not change the current health after a check that is older than the last one', async () => {
    const { clock, check } = await openHealth(withHistory, { healthThresholds: { slowAfterMs: 100 } });
    await check('healthy');
    const late = await check('healthy', { checkTime: clock.now() - 1, responseTimeMs: 200 });
    expect(late).toMatchObject({ healthStatus: 'healthy', totalHealthChecks: 2, lastHealthCheck: clock.now() });
  });

  it('returns undefined for an unknown key, and rejects an invalid result', async () => {
    const { cache } = await openHealth(withHistory);
    expect(await cache.recordHealthCheck('unknown', { status: 'healthy', checkUrl })).toBeUndefined();
    const wrong = { status: 'fine', checkUrl } as unknown as HealthCheckResult;
    await expect(cache.recordHealthCheck('k', wrong)).rejects.toThrow(CacheValidationError);
    await expect(cache.recordHealthCheck(1 as never, { status: 'healthy', checkUrl })).rejects.toThrow(/key/);
  });

  it('lists the entries that are due: first those never checked, then those overdue for longest', async () => {
    const { cache, clock, check } = await openHealth(withHistory, { healthSchedule: { jitter: 0 } });
    for (const key of ['a', 'b', 'late', 'fresh']) await cache.put(key, entryOf(key, { ttlSeconds: 1e6 }, clock));
    await cache.recordHealthCheck('late', { status: 'healthy', checkUrl });
    clock.advance(60_000);
    await check('healthy');
    clock.advance(400_000);
    await cache.recordHealthCheck('fresh', { status: 'healthy', checkUrl });
    const keys = async (limit?: number) => (await cache.dueForHealthCheck({ limit })).map(({ key }) => key);
    const all = await keys();
    expect(all.slice(0, 2).sort()).toEqual(['a', 'b']);
    expect(all.slice(2)).toEqual(['late', 'k']);
    expect(await keys(3)).toEqual(all.slice(0, 3));
    expect(await keys(1)).toEqual(all.slice(0, 1));
    await expect(keys(0)).rejects.toThrow(CacheValidationError);
  });
});

describe('the history of a key', () => {
  it('contains the checks as reported, the latest first', async () => {
    const { cache, clock, check } = await openHealth(true, { healthThresholds: { deadAfter: 1 } });
    await check('unhealthy');
    clock.advance(1_000);
    await check('healthy');
    const history = await cache.healthHistory('k', { limit: 5 });
    expect(history.map(({ status }) => status)).toEqual(['healthy', 'unhealthy']);
    await expect(cache.healthHistory('k', { limit: 0 })).rejects.toThrow(CacheValidationError);
  });

  it('ends with an entry that was removed from the persistent tier', async () => {
    const { cache, l1, l2, check } = await openHealth(true);
    l2.delete('k');
    expect(await check('healthy')).toBeUndefined();
    expect(l1.has('k')).toBe(false);
    expect(await cache.healthHistory('k')).toEqual([]);
  });

  it('is that of the proxy that others have stored under the key meanwhile', async () => {
    const { cache, clock, l1, l2, check } = await openHealth(true);
    const gate = l1.peek('k')!;
    l2.put('k', entryOf('k', { ttlSeconds: 1e6, totalHealthChecks: 7, password: null }, clock));
    for (let i = 0; i < 3; i++) (l2 as SqliteCacheTier).recordHealthCheck('k', { status: 'dead', checkUrl });
    const after = await check('healthy');
    expect(after?.proxyUrl).not.toBe(gate.proxyUrl);
    expect(after).toMatchObject({ totalHealthChecks: 11, healthStatus: 'degraded' });
    expect(l1.peek('k')).toMatchObject({ proxyUrl: after!.proxyUrl, totalHealthChecks: 11 });
    expect((await cache.healthHistory('k')).map(({ status }) => status)).toEqual(['healthy', 'dead', 'dead', 'dead']);
  });

  it('is empty if no tier keeps a history, or if its tier missed the delete of the key', async () => {
    const { cache, check } = await openHealth(false);
    await check('healthy');
    expect(await cache.healthHistory('k')).toEqual([]);
    const other = await openHealth(true);
    await other.check('healthy');
    for (let i = 0; i < 3; i++) other.l2.handleFailure(new Error('planted'));
    await other.cache.delete('k');
    expect(await other.cache.healthHistory('k')).toEqual([]);
  });

  it('does not block a check while its tier is out of use', async () => {
    const { cache, clock, l1, l2, check } = await openHealth(true);
    for (let i = 0; i < 3; i++) l2.handleFailure(new Error('planted'));
    expect((await check('unhealthy'))?.healthStatus).toBe('unhealthy');
    clock.advance(61_000);
    await cache.put('other', entryOf('other', {}, clock));
    await new Promise((resolve) => setImmediate(resolve));
    l1.clear();
    expect((await cache.get('k'))?.totalHealthChecks).toBe(1);
  });
});

describe.each(['jsonl', 'sqlite'] as const)('health after a restart, with L2 in %s', (l2Backend) => {
  it.each([true, false])('is unchanged, with L3: %s', async (enabled) => {
    const directory = makeTempDir(onTestFinished);
    const config: CacheConfigInput = {
      l2Backend,
      l2CacheDir: join(directory, 'l2'),
      l3DatabasePath: join(directory, 'l3.db'),
      l3Config: { enabled },
      encryptionKey: KEY,
    };
    const before = await openCache(config);
    await before.put('k', entryOf('k', { username: 'u', password: 'p' }));
    for (const status of ['unhealthy', 'unhealthy', 'healthy', 'dead'] as const)
      await before.recordHealthCheck('k', { status, checkUrl, errorMessage: 'gone' });
    const [known] = await before.dueForHealthCheck();
    expect(known).toBeUndefined();
    const entry = await before.get('k');
    await before.close();
    const after = await openCache(config);
    onTestFinished(() => after.close());
    const found = await after.get('k');
    expect(found).toMatchObject({
      healthStatus: 'dead',
      totalHealthChecks: 4,
      totalHealthCheckFailures: 3,
      consecutiveHealthFailures: 1,
      recoveryAttempt: 1,
      lastHealthError: 'gone',
      lastHealthCheck: entry?.lastHealthCheck,
      nextCheckTime: entry?.nextCheckTime,
    });
    expect(found?.password?.reveal()).toBe('p');
    await after.invalidateByHealth('k');
    expect(await after.get('k')).toMatchObject({ totalHealthChecks: 4, failureCount: 1 });
  });
});

describe('invalid thresholds', () => {
  it.each([{ deadAfter: 0 }, { recoverAfter: 1.5 }, { slowAfterMs: 0 }])(
    '%j are rejected',
    async (healthThresholds) => {
      const open = CacheManager.open({ tiers: [new MemoryCacheTier()], healthThresholds });
      await expect(open).rejects.toThrow(CacheConfigError);
    },
  );
});

describe.each(['jsonl', 'sqlite'] as const)('the strings of a check, with L2 in %s', (l2Backend) => {
  const secrets = { username: 'ann.smith', password: 'hunter2-x/y' };
  const texts = [
    'connect to http://user:P4SSmk@h failed',
    'http://user:P4SSmk#1@h',
    'proxy user:P4SSmk@h:1 refused',
    'Proxy-Authorization: Basic dXNlcjpQNFNTbWs=',
    'curl -x h -U user:P4SSmk',
    'http://h/?password=P4SSmk',
    'http://user:P4SSmk',
    'ann.smith was refused with hunter2-x/y',
    `sent ${Buffer.from('ann.smith:hunter2-x/y').toString('base64')}`,
    'GET /hunter2-x%2Fy',
    // The password extends beyond the length to which an error is cut.
    `407 ${'.'.repeat(4096 - 4 - 10)}hunter2-x/y`,
  ];

  it('contain no credentials in the entry, in the history, or in the files', async () => {
    const directory = makeTempDir(onTestFinished);
    const config = { l2Backend, l2CacheDir: join(directory, 'l2'), l3DatabasePath: join(directory, 'l3', 'l3.db') };
    const said: unknown[] = [];
    for (const text of texts) {
      // After reopening, the credentials of the entry are sealed.
      const cache = await openCache({ ...config, encryptionKey: KEY }, { env: {} });
      onTestFinished(() => cache.close());
      await cache.put('k', entryOf('k', secrets));
      await cache.close();
      const again = await openCache({ ...config, encryptionKey: KEY }, { env: {} });
      onTestFinished(() => again.close());
      said.push(
        await again.recordHealthCheck('k', { status: 'dead', errorMessage: text, checkUrl: `http://c/${text}` }),
      );
      said.push(await again.get('k'), await again.healthHistory('k'));
      await again.close();
    }
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const written = files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('');
    const all = JSON.stringify(said) + inspect(said, { depth: null, maxStringLength: null }) + written;
    expect(all).toContain('connect to http://**********@h failed');
    const traces = ['SSmk', 'dXNlcjpQ', 'hunter2', 'ann.smith', Buffer.from('ann.smith').toString('base64')];
    expect(traces.filter((trace) => all.includes(trace))).toEqual([]);
  });
});
