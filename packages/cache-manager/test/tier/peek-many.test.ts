import { type CacheEntry, type CacheTier, silentLogger } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FaultBoundary } from '../../src/tier/fault-boundary.ts';
import { entryOf } from '../support/stack.ts';

/** The fault boundary of a tier with this `peek`. */
function boundaryOf(peek: (key: string) => unknown, timeoutMs = 1000) {
  const tier = Object.assign(new MemoryCacheTier(), { peek }) as unknown as CacheTier;
  const onTrip = vi.fn();
  const boundary = new FaultBoundary(tier, {
    name: 'l2',
    logger: silentLogger,
    timeoutMs,
    holdsOnlyOurEntries: false,
    onTrip,
  });
  return { boundary, tier, onTrip };
}

const [a, b] = [entryOf('a'), entryOf('b')];

describe('a look for many keys', () => {
  it('waits under one deadline, however many there are', async () => {
    const entries = new Map<string, CacheEntry>(Array.from({ length: 500 }, (_, i) => [`k${i}`, entryOf(`k${i}`)]));
    const { boundary } = boundaryOf(async (key) => entries.get(key));
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => timers.mockRestore());
    expect(await boundary.peekMany([...entries.keys()])).toEqual([...entries.values()]);
    expect(timers).toHaveBeenCalledOnce();
  });

  it('answers at once where the tier does', () => {
    const { boundary } = boundaryOf((key) => (key === 'a' ? a : undefined));
    expect(boundary.peekMany(['a', 'b'])).toEqual([a, undefined]);
  });

  it('finds the others where one throws, rejects or is nonsense', async () => {
    const { boundary, tier } = boundaryOf((key) => {
      if (key === 'throws') throw new Error('planted');
      if (key === 'rejects') return Promise.reject(new Error('planted'));
      return Promise.resolve(key === 'a' ? a : b);
    });
    expect(await boundary.peekMany(['a', 'throws', 'rejects', 'nonsense', 'b'])).toEqual([
      a,
      undefined,
      undefined,
      undefined,
      b,
    ]);
    expect(tier.failureCount).toBe(3);
  });

  it('gives up on all of them when the time is over, and switches the tier off', async () => {
    const { boundary, onTrip } = boundaryOf((key) => (key === 'a' ? Promise.resolve(a) : new Promise(() => {})), 5);
    expect(await boundary.peekMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(onTrip).toHaveBeenCalled();
  });
});
