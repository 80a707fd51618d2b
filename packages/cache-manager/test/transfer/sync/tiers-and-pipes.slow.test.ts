import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../../src/index.ts';
import { FaultTier } from '../../support/fault-tier.ts';
import { openSyncCache, putAll, range, sorted, urlOf, urlsOf } from '../../support/sync-cache.ts';

async function openFaulty(maxEntries = 3) {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ maxEntries, clock });
  const l2 = new FaultTier({ clock });
  const cache = await CacheManager.open({ tiers: [l1, l2], clock });
  onTestFinished(() => cache.close());
  await putAll(cache, 'a', range(0, 10));
  return { clock, cache, l1, l2 };
}

const keyOf = (n: number) => CacheEntry.create({ proxyUrl: urlOf(n) }).key;

describe('syncFrom while a tier is off', () => {
  it('stores the list but removes nothing until the tier is back, because the entries of the source are not fully known', async () => {
    const { clock, cache, l2 } = await openFaulty();
    l2.fault = 'reject';
    for (let i = 0; i < 10; i++) await cache.get(keyOf(0));
    const rows = range(4, 12).map(urlOf);
    const result = await cache.syncFrom('a', rows);
    expect(result.refused).toMatchObject({ reason: 'incomplete', canForce: false });
    expect(await cache.syncFrom('a', rows, { force: true })).toMatchObject({ removed: 0 });
    l2.fault = 'none';
    clock.advance(600_000);
    await cache.get(keyOf(4));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await cache.syncFrom('a', rows)).toMatchObject({ removed: 4, refused: null });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(4, 12)));
    expect([...l2.store.keys()].sort()).toEqual(range(4, 12).map(keyOf).sort());
  });

  it('applies the removals to a tier that failed meanwhile once it is back', async () => {
    const { clock, cache, l2 } = await openFaulty();
    const rows = range(4, 10).map(urlOf);
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'storing') l2.fault = 'reject';
    };
    // Entries that are only in the failed tier cannot be checked: they stay until the next synchronisation.
    await cache.syncFrom('a', rows, { onProgress });
    l2.fault = 'none';
    clock.advance(600_000);
    await cache.get(keyOf(4));
    await new Promise((resolve) => setImmediate(resolve));
    expect((await cache.syncFrom('a', rows)).refused).toBeNull();
    expect([...l2.store.keys()].sort()).toEqual(range(4, 10).map(keyOf).sort());
  });
});

describe('syncFrom', () => {
  it('finds entries that are only in the first tier or only in a lower one', async () => {
    const { cache, l1, l2 } = await openFaulty(100);
    l2.store.delete(keyOf(9));
    l1.delete(keyOf(0));
    expect(await l1.has(keyOf(9))).toBe(true);
    expect(await l1.has(keyOf(0))).toBe(false);
    expect(await cache.syncFrom('a', range(1, 9).map(urlOf))).toMatchObject({ removed: 2, kept: 8 });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(1, 9)));
  });

  it('reads a pipe once, whatever the size of the pieces', async () => {
    const folder = makeTempDir(onTestFinished);
    const cache = await openSyncCache(folder, 'sqlite');
    onTestFinished(() => cache.close());
    await putAll(cache, 'a', range(0, 4000));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const run = cache.syncFrom('a', path);
    const writer = createWriteStream(path);
    const text = range(1000, 12_000).map(urlOf).join('\n');
    for (let at = 0; at < text.length; at += 70_001) writer.write(text.slice(at, at + 70_001));
    writer.end();
    expect(await run).toMatchObject({ added: 8000, kept: 3000, removed: 1000, refused: null });
  });

  it('does not wait for a pipe without a writer', async () => {
    const folder = makeTempDir(onTestFinished);
    const cache = await openSyncCache(folder, 'sqlite');
    onTestFinished(() => cache.close());
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(cache.syncFrom('a', path, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/i);
  });

  it('counts expired entries neither as kept nor as removed', async () => {
    const { clock, cache } = await openFaulty();
    clock.advance(3_600_000);
    expect(await cache.syncFrom('a', range(8, 12).map(urlOf))).toMatchObject({
      added: 4,
      kept: 0,
      removed: 0,
      refused: null,
    });
  });

  it('stores entries with the TTL of the source and shortens no TTL', async () => {
    const clock = new ManualClock();
    const cache = await CacheManager.open({
      tiers: [new MemoryCacheTier({ clock })],
      clock,
      perSourceTtl: { a: 60, b: 7200 },
    });
    onTestFinished(() => cache.close());
    await putAll(cache, 'b', [0], { ttlSeconds: 7200 });
    await cache.syncFrom('a', [{ proxy_url: urlOf(0) }, { proxy_url: urlOf(1), source: 'b' }]);
    const lives = [keyOf(0), keyOf(1)].map((key) => cache.peek(key)?.ttlSeconds);
    expect(lives).toEqual([7200, 60]);
  });
});
