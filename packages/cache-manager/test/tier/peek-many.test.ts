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
    position: 1,
    onTrip,
  });
  return { boundary, tier, onTrip };
}

const [a, b] = [entryOf('a'), entryOf('b')];

describe('peekMany', () => {
  it('uses one deadline for any number of keys', async () => {
    const entries = new Map<string, CacheEntry>(Array.from({ length: 500 }, (_, i) => [`k${i}`, entryOf(`k${i}`)]));
    const { boundary } = boundaryOf(async (key) => entries.get(key));
    const timers = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => timers.mockRestore());
    expect(await boundary.peekMany([...entries.keys()])).toEqual([...entries.values()]);
    expect(timers).toHaveBeenCalledOnce();
  });

  it('is synchronous if the tier is', () => {
    const { boundary } = boundaryOf((key) => (key === 'a' ? a : undefined));
    expect(boundary.peekMany(['a', 'b'])).toEqual([a, undefined]);
  });

  it('finds the other entries if one lookup throws, rejects or is malformed', async () => {
    const { boundary, tier } = boundaryOf((key) => {
      if (key === 'throws') throw new Error('planted');
      if (key === 'rejects') return Promise.reject(new Error('planted'));
      return Promise.resolve(key === 'a' ? a : b);
    });
    expect(await boundary.peekMany(['a', 'throws', 'rejects', 'malformed', 'b'])).toEqual([
      a,
      undefined,
      undefined,
      undefined,
      b,
    ]);
    expect(tier.failureCount).toBe(3);
  });

  it('returns nothing after the deadline, and takes the tier out of use', async () => {
    const { boundary, onTrip } = boundaryOf((key) => (key === 'a' ? Promise.resolve(a) : new Promise(() => {})), 5);
    expect(await boundary.peekMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(onTrip).toHaveBeenCalled();
  });
});
