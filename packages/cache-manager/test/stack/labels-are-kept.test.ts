import { join } from 'node:path';
import { CacheEntry, type CacheEntryInput, type TierContext } from '@pw/cache-models';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { TestCipher } from '@pw/tier-testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager, type CacheManagerOptions } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';

const LABELS = { country: 'DE', kind: 'residential' };
const input: CacheEntryInput = { proxyUrl: 'http://a.example:1', username: 'ann', password: 'hunter2', labels: LABELS };
/** A labelled entry in a small memory tier, in a third-party tier, and in files. */
async function openLabelled(options: Partial<CacheManagerOptions> = {}) {
  const clock = new ManualClock();
  const l1 = new MemoryCacheTier({ maxEntries: 2, clock });
  const l2 = new FaultTier({ clock });
  const l3 = new JsonlCacheTier({
    directory: join(makeTempDir(onTestFinished), 'l3'),
    clock,
    cipher: new TestCipher(),
  });
  const cache = await CacheManager.open({ tiers: [l1, l2, l3], clock, cipher: new TestCipher(), ...options });
  onTestFinished(() => cache.close());
  const entry = CacheEntry.create(input, clock);
  await cache.put(entry.key, entry);
  const { key } = entry;
  /** The labels of the entry in each tier. */
  const everywhere = async () => [l1.peek(key)?.labels, (await l2.peek(key))?.labels, (await l3.get(key))?.labels];
  return { clock, cache, l1, l2, l3, key, entry, everywhere };
}

describe('labels are kept', () => {
  it('in every tier, and when an entry is promoted or demoted', async () => {
    const { cache, l1, key, everywhere, clock } = await openLabelled();
    expect(await everywhere()).toEqual([LABELS, LABELS, LABELS]);
    l1.clear();
    expect((await cache.get(key))?.labels).toEqual(LABELS);
    for (let i = 2; i < 6; i++) {
      const other = CacheEntry.create({ proxyUrl: `http://a.example:${i}` }, clock);
      await cache.put(other.key, other);
    }
    expect((await cache.getMany([key])).get(key)?.labels).toEqual(LABELS);
    expect(await everywhere()).toEqual([LABELS, LABELS, LABELS]);
  });

  it('when accesses are written', async () => {
    const { cache, key, everywhere } = await openLabelled();
    for (let i = 0; i < 3; i++) await cache.get(key);
    const { entries } = await cache.query({ labels: LABELS });
    expect(entries).toMatchObject([{ labels: LABELS, accessCount: 3 }]);
    expect(await everywhere()).toEqual([LABELS, LABELS, LABELS]);
  });

  it('when the health or the TTL of an entry changes', async () => {
    const { cache, key, everywhere } = await openLabelled({ ttlJitter: { share: 0.5 } });
    await cache.recordHealthCheck(key, { status: 'healthy', checkUrl: 'http://check.example' });
    await cache.invalidateByHealth(key);
    const changed = (await cache.get(key))!.with({ ttlSeconds: 7200 });
    await cache.put(key, changed);
    expect(await everywhere()).toEqual([LABELS, LABELS, LABELS]);
  });

  it('when a tier caps the TTL', async () => {
    const clock = new ManualClock();
    const brief = new MemoryCacheTier({ clock });
    const tiers = [{ name: 'brief', tier: brief, maxTtlSeconds: 5 }, new MemoryCacheTier({ clock })];
    const cache = await CacheManager.open({ tiers, clock });
    onTestFinished(() => cache.close());
    const entry = CacheEntry.create(input, clock);
    await cache.put(entry.key, entry);
    expect(brief.peek(entry.key)).toMatchObject({ labels: LABELS, expiresAt: clock.now() + 5000 });
  });

  it('when a missed write is replayed', async () => {
    const { cache, clock, l2, key, entry, everywhere } = await openLabelled();
    vi.spyOn(l2, 'put').mockReturnValueOnce(false as never);
    const labels = { ...LABELS, city: 'x' };
    await cache.put(key, entry.with({ labels }));
    for (let second = 0; second < 20; second++) {
      clock.advance(1000);
      await cache.get('nothing');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await everywhere()).toEqual([labels, labels, labels]);
  });

  it('when a tier is created late', async () => {
    const clock = new ManualClock();
    let made: MemoryCacheTier | undefined;
    let failures = 2;
    const late = (context: TierContext) => {
      if (failures-- > 0) throw new Error('planted');
      made = new MemoryCacheTier({ clock, onEvict: context.onEvict });
      return made;
    };
    const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ clock }), late], clock });
    onTestFinished(() => cache.close());
    const entry = CacheEntry.create(input, clock);
    await cache.put(entry.key, entry);
    for (let second = 0; second < 20; second++) {
      clock.advance(1000);
      await cache.get('nothing');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(made?.peek(entry.key)?.labels).toEqual(LABELS);
  });

  it('when a load is shared, and while a stale entry is returned', async () => {
    const { cache, clock } = await openLabelled();
    const fresh = () => CacheEntry.create({ ...input, key: 'loaded', ttlSeconds: 10 }, clock);
    const load = () => cache.getOrLoad('loaded', fresh, { staleWhileRevalidate: 60 });
    expect((await Promise.all([load(), load()])).map((found) => found?.labels)).toEqual([LABELS, LABELS]);
    clock.advance(11_000);
    expect((await load())?.labels).toEqual(LABELS);
  });

  it('when credentials are resealed, even in a tier without reseal', async () => {
    const { cache, key, everywhere } = await openLabelled();
    await cache.reencrypt();
    expect(await everywhere()).toEqual([LABELS, LABELS, LABELS]);
    expect((await cache.peek(key))?.labels).toEqual(LABELS);
  });
});
