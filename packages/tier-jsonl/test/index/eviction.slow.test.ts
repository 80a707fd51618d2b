import { CacheEntry, type EvictionPolicy, RemovalReason } from '@pw/cache-models';
import { count, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allLines, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

interface Known {
  readonly key: string;
  expiresAt: number;
  stored: number;
  used: number;
  uses: number;
}

/** The policies implemented naively: a list, sorted at each eviction. */
class Oracle {
  readonly #limit: number;
  readonly #policy: EvictionPolicy;
  entries: Known[] = [];
  #step = 0;

  constructor(policy: EvictionPolicy, limit: number) {
    this.#policy = policy;
    this.#limit = limit;
  }

  put(key: string, expiresAt: number, now: number): void {
    const known = this.entries.find((entry) => entry.key === key);
    if (known !== undefined) {
      known.expiresAt = expiresAt;
      this.#use(known);
      return;
    }
    while (this.entries.length >= this.#limit) this.#evict(now);
    this.entries.push({ key, expiresAt, stored: ++this.#step, used: this.#step, uses: 1 });
  }

  get(key: string, now: number): boolean {
    const known = this.entries.find((entry) => entry.key === key);
    if (known === undefined) return false;
    if (now >= known.expiresAt) {
      this.delete(key);
      return false;
    }
    this.#use(known);
    return true;
  }

  delete(key: string): void {
    this.entries = this.entries.filter((entry) => entry.key !== key);
  }

  #use(known: Known): void {
    known.used = ++this.#step;
    known.uses++;
  }

  #evict(now: number): void {
    const expired = this.entries.filter(({ expiresAt }) => now >= expiresAt);
    const rank = (entry: Known): number[] => {
      if (expired.length > 0) return [entry.expiresAt];
      if (this.#policy === 'fifo') return [entry.stored];
      return this.#policy === 'lru' ? [entry.used] : [entry.uses, entry.used];
    };
    const candidates = (expired.length > 0 ? expired : this.entries).toSorted((a, b) => {
      const [left, right] = [rank(a), rank(b)];
      return left[0]! - right[0]! || (left[1] ?? 0) - (right[1] ?? 0);
    });
    this.delete(candidates[0]!.key);
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('put' as const), key: fc.nat(11), ttl: fc.constantFrom(5, 1000) }),
    fc.record({ kind: fc.constant('get' as const), key: fc.nat(11) }),
    fc.record({ kind: fc.constant('delete' as const), key: fc.nat(11) }),
    // Entries expire at distinct times, so that the order among expired ones is determined.
    fc.record({ kind: fc.constant('advance' as const), seconds: fc.nat(4) }),
  ),
  { maxLength: 60 },
);

describe('maxEntries', () => {
  it.each(['lru', 'lfu', 'fifo'] as const)(
    '%s evicts the same entries as a naive implementation, across shards',
    async (evictionPolicy) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (list, maxEntries) => {
          const clock = new ManualClock();
          const tier = newTier(newDirectory(), { clock }, { maxEntries, evictionPolicy });
          const oracle = new Oracle(evictionPolicy, maxEntries);
          let unique = 0;
          for (const step of list) {
            if (step.kind === 'advance') clock.advance(step.seconds * 1000);
            else if (step.kind === 'put') {
              const key = `k${step.key}`;
              const expiresAt = clock.now() + step.ttl * 1000 + ++unique;
              expect(await tier.put(key, makeEntry(key, { expiresAt }))).toBe(true);
              oracle.put(key, expiresAt, clock.now());
            } else if (step.kind === 'get') {
              const found = await tier.get(`k${step.key}`);
              expect(found !== undefined).toBe(oracle.get(`k${step.key}`, clock.now()));
            } else {
              await tier.delete(`k${step.key}`);
              oracle.delete(`k${step.key}`);
            }
            const live = oracle.entries.filter(({ expiresAt }) => clock.now() < expiresAt).map(({ key }) => key);
            expect(new Set(await tier.keys())).toEqual(new Set(live));
          }
          await tier.close();
        }),
        { numRuns: count(30, 60) },
      );
    },
  );

  it('limits a batch as if its entries were put one by one, also on disk', async () => {
    const directory = newDirectory();
    const gone: string[] = [];
    const tier = newTier(
      directory,
      { onEvict: (key, _entry, reason) => gone.push(`${key} ${reason}`) },
      { maxEntries: 10, evictionPolicy: 'lfu' },
    );
    await tier.putMany(Array.from({ length: 8 }, (_, n) => makeEntry(`a${n}`)));
    for (let n = 2; n < 8; n++) await tier.get(`a${n}`);
    await tier.putMany(Array.from({ length: 6 }, (_, n) => makeEntry(`b${n}`)));
    expect((await tier.keys()).sort()).toEqual(['a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'b2', 'b3', 'b4', 'b5']);
    expect(gone).toEqual(['a0', 'a1', 'b0', 'b1'].map((key) => `${key} ${RemovalReason.CAPACITY}`));
    expect(tier.statistics.evictionsLru).toBe(4);
    await tier.close();
    expect(allLines(directory).filter((line) => 'key' in JSON.parse(line))).toHaveLength(10);
  });

  it('limits concurrent puts, and a directory that is reopened with a lower limit', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, {}, { maxEntries: 10 });
    const puts = Array.from({ length: 50 }, (_, n) =>
      tier.put(`k${10 + n}`, makeEntry(`k${10 + n}`, { lastAccessed: n })),
    );
    expect(new Set(await Promise.all(puts))).toEqual(new Set([true]));
    const kept = (await tier.keys()).sort();
    expect(kept).toHaveLength(10);
    await tier.close();
    const smaller = newTier(directory, {}, { maxEntries: 4 });
    // The most recently used ones; the keys sort in the order of use.
    expect((await smaller.keys()).sort()).toEqual(kept.slice(-4));
  });

  it('restores the eviction order after a restart from the access metadata of the records', async () => {
    const directory = newDirectory();
    const entry = (key: string, n: number) =>
      CacheEntry.create({ key, proxyUrl: 'http://h:1', fetchTime: 1000 + n, lastAccessed: 9e12 - n, expiresAt: 9e12 });
    const tier = newTier(directory, {}, { maxEntries: 5 });
    await tier.putMany(['a', 'b', 'c', 'd', 'e'].map(entry));
    await tier.recordAccess([{ key: 'e', hits: 9, lastAccessed: 9e12 }]);
    await tier.close();
    for (const [policy, victim] of [
      ['lru', 'd'],
      ['fifo', 'a'],
    ] as const) {
      const again = newTier(directory, {}, { maxEntries: 5, evictionPolicy: policy });
      await again.put('new', entry('new', 99));
      expect(await again.has(victim), policy).toBe(false);
      await again.delete('new');
      await again.put(victim, entry(victim, victim === 'd' ? 3 : 0));
      await again.close();
    }
  });

  it('counts entries stored by another process', async () => {
    const directory = newDirectory();
    const a = newTier(directory, {}, { maxEntries: 10 });
    const b = newTier(directory, {}, { maxEntries: 10 });
    for (let n = 0; n < 10; n++) {
      await a.put(`a${n}`, makeEntry(`a${n}`));
      await b.put(`b${n}`, makeEntry(`b${n}`));
    }
    expect(await a.size()).toBe(10);
    expect(await b.size()).toBe(10);
  });
});
