import { type CacheEntry, type EvictionListener, RemovalReason } from '@pw/cache-models';
import { ManualClock, RecordingLogger } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { HOUR, makeEntry, START } from './support/make-entry.ts';

function makeTier(policy: 'lru' | 'lfu' | 'fifo', onEvict: (tier: MemoryCacheTier) => EvictionListener) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const tier: MemoryCacheTier = new MemoryCacheTier({
    maxEntries: 3,
    evictionPolicy: policy,
    clock,
    logger,
    onEvict: (key, entry, reason) => onEvict(tier)(key, entry, reason),
  });
  for (const key of 'abc') tier.put(key, makeEntry(key));
  return { tier, clock, logger };
}

/** Exercises every structure: a single wrong link would make the counts disagree. */
function expectSound(tier: MemoryCacheTier, clock: ManualClock): void {
  const keys = tier.keys();
  expect(tier.size()).toBe(keys.length);
  expect(keys.length).toBeLessThanOrEqual(3);
  for (const key of keys) expect(tier.get(key)?.key).toBe(key);
  for (let i = 0; i < 10; i++) tier.put(`sound${i}`, makeEntry(`sound${i}`, { expiresAt: clock.now() + HOUR }));
  expect(tier.size()).toBe(3);
  clock.advance(2 * HOUR);
  expect(tier.cleanupExpired()).toBe(3);
  expect(tier.keys()).toEqual([]);
}

describe.each(['lru', 'lfu', 'fifo'] as const)('onEvict of a tier with policy %s', (policy) => {
  it('may throw: the put succeeds, and the message of the error is not logged', () => {
    const { tier, clock, logger } = makeTier(policy, () => () => {
      throw new Error('hunter2');
    });
    expect(tier.put('d', makeEntry('d'))).toBe(true);
    expect(tier.get('d')?.key).toBe('d');
    expect(tier.size()).toBe(3);
    expect(tier.failureCount).toBe(0);
    expect(tier.statistics.evictionsLru).toBe(1);
    expect(logger.lines.map((line) => line.level)).toEqual(['warn']);
    expect(logger.text).not.toContain('hunter2');
    expectSound(tier, clock);
  });

  it('runs after the new entry is stored and the old one removed', () => {
    const seen: unknown[] = [];
    const { tier } = makeTier(policy, (self) => (key, entry: CacheEntry, reason) => {
      seen.push([key, entry.key, reason, self.has(key), self.has('d'), self.size()]);
    });
    tier.put('d', makeEntry('d'));
    expect(seen).toEqual([['a', 'a', RemovalReason.CAPACITY, false, true, 3]]);
  });

  it('may get, delete, clean up and clear', () => {
    const acts: ((tier: MemoryCacheTier) => void)[] = [
      (tier) => void tier.get('b'),
      (tier) => void tier.getMany(['c']),
      (tier) => void tier.delete('d'),
      (tier) => void tier.delete('b'),
      (tier) => void tier.cleanupExpired(),
      (tier) => void tier.clear(),
      (tier) => tier.close(),
    ];
    for (const act of acts) {
      let calls = 0;
      const { tier, clock } = makeTier(policy, (self) => () => {
        if (calls++ === 0) act(self);
      });
      expect(tier.put('d', makeEntry('d'))).toBe(true);
      expect(calls).toBe(1);
      expectSound(tier, clock);
    }
  });

  it('may put: the entry is stored, and its victim is reported too', () => {
    const reported: string[] = [];
    const { tier } = makeTier(policy, (self) => (key) => {
      reported.push(key);
      if (key === 'a') expect(self.put('extra', makeEntry('extra'))).toBe(true);
    });
    tier.put('d', makeEntry('d'));
    expect(reported).toEqual(['a', 'b']);
    expect(tier.keys()).toEqual(['c', 'd', 'extra']);
    expect(tier.statistics.evictionsLru).toBe(2);
  });

  it('may put evicted entries back: one nested put is refused, so the outer put returns', () => {
    const answers: boolean[] = [];
    const { tier, clock } = makeTier(policy, (self) => (key, entry) => {
      answers.push(self.put(key, entry));
    });
    expect(tier.put('d', makeEntry('d'))).toBe(true);
    expect(answers).toEqual([false, ...new Array<boolean>(7).fill(true)]);
    expect(tier.size()).toBe(3);
    expect(tier.failureCount).toBe(0);
    expect(tier.statistics.evictionsLru).toBe(8);
    answers.length = 0;
    tier.put('e', makeEntry('e'));
    expect(answers).toHaveLength(8);
    clock.advance(1);
    expectSound(tier, clock);
  });
});

it('an expired entry removed by a cleanup or a read is counted but not reported, as it made no room', () => {
  const reported: string[] = [];
  const { tier, clock } = makeTier('lru', () => (key) => void reported.push(key));
  tier.put('a', makeEntry('a', { expiresAt: START + 1 }));
  tier.put('b', makeEntry('b', { expiresAt: START + 1 }));
  clock.advance(1);
  tier.get('a');
  void tier.cleanupExpired();
  expect(reported).toEqual([]);
  expect(tier.statistics.evictionsTtl).toBe(2);
});
