import { CacheConfigError, type CacheEntry } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { type Fault, FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

async function openFaulty(tierTimeoutMs = 50) {
  const clock = new ManualClock();
  const l2 = new FaultTier({ clock });
  const l1 = new MemoryCacheTier({ clock });
  const manager = await CacheManager.open({ tiers: [l1, l2], clock, tierTimeoutMs });
  onTestFinished(() => {
    l2.fault = 'none';
    return manager.close();
  });
  const put = (key: string, source: string) => manager.put(key, entryOf(key, { source }, clock));
  /**
   * Repairs the tier, advances the clock to the next retry, and waits for the recovery that the next operation starts.
   */
  const repair = async () => {
    l2.fault = 'none';
    clock.advance(61_000);
    const back = new Promise<void>((resolve) => manager.on('recovered', () => resolve()));
    await manager.get('nothing');
    await back;
  };
  return { manager, clock, l1, l2, put, repair };
}

const FAULTS: Fault[] = ['throw', 'reject', 'hang'];

describe.each(FAULTS)('a tier that will %s', (fault) => {
  it('does not make get or put reject, and is taken out of use after three failures or one missed deadline', async () => {
    const { manager, l2, put } = await openFaulty();
    await put('k', 'old');
    l2.fault = fault;
    for (const key of ['a', 'b', 'c']) expect(await put(key, 'new')).toBe(true);
    expect(l2.enabled).toBe(fault === 'hang');
    expect(manager.getStatistics().l2Degraded).toBe(true);
    const before = l2.calls;
    expect((await manager.get('a'))?.source).toBe('new');
    expect(await manager.get('unknown')).toBeUndefined();
    expect(await manager.delete('a')).toBe(true);
    expect(l2.calls).toBe(before);
  });

  it('recovers with all missed writes replayed: no deleted or replaced value comes back', async () => {
    const { manager, l1, l2, put, repair } = await openFaulty();
    for (const key of ['deleted', 'replaced', 'kept']) await put(key, 'old');
    l2.fault = fault;
    await manager.delete('deleted');
    await put('replaced', 'new');
    await put('added', 'new');
    expect(manager.getStatistics().l2Degraded).toBe(true);
    await repair();
    l1.clear();
    expect(await manager.get('deleted')).toBeUndefined();
    expect((await manager.get('replaced'))?.source).toBe('new');
    expect((await manager.get('added'))?.source).toBe('new');
    expect((await manager.get('kept'))?.source).toBe('old');
    expect(manager.getStatistics().l2Degraded).toBe(false);
  });

  it('is not read for a key whose write it missed, although it is still in use', async () => {
    const { manager, l1, l2, put } = await openFaulty();
    await put('k', 'old');
    l2.fault = fault;
    await manager.delete('k');
    l2.fault = 'none';
    expect(l2.enabled).toBe(true);
    l1.clear();
    expect(await manager.get('k')).toBeUndefined();
    expect(await manager.has('k')).toBe(false);
    expect(await manager.keys()).toEqual([]);
  });

  it('is cleared on recovery if it missed a clear', async () => {
    const { manager, l2, put, repair } = await openFaulty();
    await put('k', 'old');
    l2.fault = fault;
    for (const key of ['a', 'b', 'c']) await put(key, 'x');
    await manager.clear();
    await repair();
    expect(l2.store.size).toBe(0);
    expect(await manager.get('k')).toBeUndefined();
  });
});

describe('a tier that hangs', () => {
  it('costs only one deadline: later operations do not call it', async () => {
    const { manager, l1, l2, put } = await openFaulty();
    await put('k', 'old');
    l1.clear();
    l2.fault = 'hang';
    const before = l2.calls;
    expect(await manager.get('k')).toBeUndefined();
    expect(await manager.get('k')).toBeUndefined();
    expect(await manager.has('k')).toBe(false);
    await put('other', 'x');
    expect(l2.calls - before).toBe(1);
    expect(manager.getStatistics().l2Degraded).toBe(true);
  });

  it('ends a stream of entries at its deadline', async () => {
    const { manager, l2, put } = await openFaulty();
    await put('k', 'x');
    vi.spyOn(l2, 'entries').mockImplementation(async function* () {
      await new Promise(() => {});
    });
    const seen: string[] = [];
    for await (const entry of manager.entries()) seen.push(entry.key);
    expect(seen).toEqual(['k']);
    expect(manager.getStatistics().l2Degraded).toBe(true);
  });
});

describe('degradation', () => {
  it('waits twice as long after each failed retry', async () => {
    const { manager, clock, l2, put } = await openFaulty();
    l2.fault = 'reject';
    for (const key of ['a', 'b', 'c']) await put(key, 'x');
    const triesWithin = async (seconds: number) => {
      const before = l2.calls;
      for (let i = 0; i < seconds; i++) {
        clock.advance(1_000);
        await manager.get('nothing');
        await new Promise((resolve) => setImmediate(resolve));
      }
      return l2.calls - before;
    };
    const tries = await triesWithin(64);
    expect(tries).toBeGreaterThanOrEqual(5);
    expect(tries).toBeLessThanOrEqual(8);
  });

  it('treats a malformed answer as a miss', async () => {
    const { manager, l1, l2, put } = await openFaulty();
    await put('k', 'x');
    l1.clear();
    l2.fault = 'malformed';
    expect(await manager.get('k')).toBeUndefined();
  });

  it('does not keep a cache from opening, unless the tier is required', async () => {
    const clock = new ManualClock();
    const broken = () => {
      const tier = new FaultTier({ clock });
      tier.fault = 'reject';
      return tier;
    };
    const l1 = () => new MemoryCacheTier({ clock });
    await expect(CacheManager.open({ tiers: [l1(), broken()], clock, required: ['l2'] })).rejects.toThrow('planted');
    const manager = await CacheManager.open({ tiers: [l1(), broken()], clock });
    expect(manager.getStatistics().l2Degraded).toBe(true);
    expect(await manager.put('k', entryOf('k', {}, clock))).toBe(true);
    expect((await manager.get('k'))?.key).toBe('k');
  });

  it('does not hide an invalid configuration, and closes the tiers already open', async () => {
    const first = new FaultTier();
    const wrong = () => {
      throw new CacheConfigError('planted');
    };
    await expect(CacheManager.open({ tiers: [first, wrong] })).rejects.toThrow(CacheConfigError);
    expect(first.status).toBe('closed');
  });

  it('preserves the order of a delete and a promotion of the same key', async () => {
    const { manager, l1, put } = await openFaulty();
    for (let round = 0; round < 50; round++) {
      await put('k', 'x');
      l1.clear();
      const reading = manager.get('k');
      const deleting = manager.delete('k');
      await Promise.all([reading, deleting]);
      expect(await manager.get('k')).toBeUndefined();
    }
  });

  it('returns the last written value to interleaved writers of one key', async () => {
    const { manager, l1, l2, put } = await openFaulty();
    await Promise.all(Array.from({ length: 100 }, (_, i) => put('k', String(i))));
    const inL2 = l2.store.get('k') as CacheEntry;
    expect((await manager.get('k'))?.source).toBe('99');
    expect(l1.peek('k')?.source).toBe('99');
    expect(inL2.source).toBe('99');
  });
});
