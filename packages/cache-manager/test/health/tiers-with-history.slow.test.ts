import { join } from 'node:path';
import { CacheEntry, type HealthRecord } from '@pw/cache-models';
import type { TierHealthChecks } from '@pw/cache-models/tier';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier, type SqliteCacheTierOptions } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type CacheManagerOptions } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

const checkUrl = 'http://check.example/';

/** A tier that keeps a history in memory and counts what it is asked to store. */
class HistoryTier extends FaultTier {
  readonly checks: HealthRecord[] = [];
  puts = 0;
  records = 0;
  readonly health: TierHealthChecks = {
    record: (key, check, change) =>
      this.run<CacheEntry | undefined>(undefined, () => {
        const entry = this.store.get(key);
        if (entry === undefined) return undefined;
        const changed = change(entry);
        this.records++;
        this.store.set(key, changed);
        this.checks.unshift(check);
        return changed;
      }),
    history: () => this.run<HealthRecord[]>([], () => this.checks),
  };

  constructor(clock: ManualClock) {
    super({ clock }, { health: true });
  }
  protected override doPut(key: string, entry: CacheEntry) {
    this.puts++;
    return super.doPut(key, entry);
  }
}

async function openWith(tiers: CacheManagerOptions['tiers'], clock: ManualClock, options = {}) {
  const cache = await CacheManager.open({ tiers, clock, ...options });
  onTestFinished(() => cache.close());
  return cache;
}

function sqliteTier(path: string, options: Partial<SqliteCacheTierOptions> = {}) {
  return new SqliteCacheTier({ path, ...options });
}

describe('a check', () => {
  it('reaches each tier once: as a check where there is a history, as a put elsewhere', async () => {
    const clock = new ManualClock();
    const [l1, l2, l3] = [new MemoryCacheTier({ clock }), new HistoryTier(clock), new HistoryTier(clock)];
    const cache = await openWith([l1, l2, l3], clock);
    await cache.put(entryOf('k', {}, clock));
    [l2.puts, l3.puts] = [0, 0];
    const after = await cache.recordHealthCheck('k', { status: 'unhealthy', checkUrl });
    expect([l2.puts, l3.puts]).toEqual([0, 0]);
    expect([l2.records, l3.records]).toEqual([1, 1]);
    expect([l2.checks.length, l3.checks.length]).toEqual([1, 1]);
    const { nextCheckTime } = after!;
    for (const found of [l1.peek('k'), l2.store.get('k'), l3.store.get('k')])
      expect(found).toMatchObject({ healthStatus: 'unhealthy', totalHealthChecks: 1, nextCheckTime });
  });

  it('is put into a tier whose history fails, and into the others', async () => {
    const clock = new ManualClock();
    const [l1, l2] = [new MemoryCacheTier({ clock }), new HistoryTier(clock)];
    Object.assign(l2.health, { record: () => Promise.reject(new Error('planted')) });
    const cache = await openWith([l1, l2], clock);
    await cache.put(entryOf('k', {}, clock));
    expect(await cache.recordHealthCheck('k', { status: 'dead', checkUrl })).toMatchObject({ totalHealthChecks: 1 });
    expect(l1.peek('k')?.totalHealthChecks).toBe(1);
    expect(l2.store.get('k')?.totalHealthChecks).toBe(1);
  });

  it('changes nothing of another proxy that a tier has under the key, but replaces it', async () => {
    const clock = new ManualClock();
    const l2 = new HistoryTier(clock);
    const cache = await openWith([new MemoryCacheTier({ clock }), l2], clock);
    const entry = entryOf('k', {}, clock);
    await cache.put(entry);
    l2.store.set('k', CacheEntry.create({ key: 'k', proxyUrl: 'http://other.example:1', totalHealthChecks: 7 }, clock));
    await cache.recordHealthCheck('k', { status: 'healthy', checkUrl });
    expect(l2.records).toBe(1);
    expect(l2.store.get('k')).toMatchObject({ proxyUrl: entry.proxyUrl, totalHealthChecks: 1 });
  });

  it("is scheduled by the cache, whatever the tier's own schedule says", async () => {
    const clock = new ManualClock();
    const path = join(makeTempDir(onTestFinished), 'l3.db');
    const l2 = sqliteTier(path, { clock, healthSchedule: { intervalMs: 7, jitter: 0 } });
    const cache = await openWith([l2], clock, { healthSchedule: { intervalMs: 1000, jitter: 0 } });
    await cache.put(entryOf('k', {}, clock));
    const after = await cache.recordHealthCheck('k', { status: 'healthy', checkUrl });
    expect(after?.nextCheckTime).toBe(clock.now() + 1000);
    expect(l2.peek('k')?.nextCheckTime).toBe(clock.now() + 1000);
    expect(l2.recordHealthCheck('k', { status: 'healthy', checkUrl })?.nextCheckTime).toBe(clock.now() + 7);
  });

  it('keeps the mark of an eviction out of every tier', async () => {
    const clock = new ManualClock();
    const l2 = sqliteTier(join(makeTempDir(onTestFinished), 'l3.db'), { clock });
    const cache = await openWith([new MemoryCacheTier({ clock }), l2], clock);
    l2.put('k', entryOf('k', { evictedFromL1: true }, clock));
    expect((await cache.recordHealthCheck('k', { status: 'healthy', checkUrl }))?.evictedFromL1).toBe(false);
    expect(l2.peek('k')?.evictedFromL1).toBe(false);
  });
});

it('counts every check of several caches that share a database', async () => {
  const clock = new ManualClock();
  const path = join(makeTempDir(onTestFinished), 'l3.db');
  const open = () => openWith([new MemoryCacheTier({ clock }), sqliteTier(path, { clock })], clock);
  const [one, two] = [await open(), await open()];
  await one.put(entryOf('k', { ttlSeconds: 86_400 }, clock));
  expect((await two.get('k'))?.totalHealthChecks).toBe(0);
  for (let i = 0; i < 5; i++)
    for (const cache of [one, two]) await cache.recordHealthCheck('k', { status: 'unhealthy', checkUrl });
  expect(one.peek('k')).toMatchObject({ totalHealthChecks: 9, healthStatus: 'dead' });
  expect(two.peek('k')).toMatchObject({ totalHealthChecks: 10, consecutiveHealthFailures: 10 });
  expect(await one.healthHistory('k')).toHaveLength(10);
});
