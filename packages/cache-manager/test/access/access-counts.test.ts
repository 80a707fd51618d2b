import { CacheEntry, type CacheTier, type TierFactory } from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { addAccesses, FaultTier } from '../support/fault-tier.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('put' as const), key }) },
  { weight: 12, arbitrary: fc.record({ does: fc.constantFrom('get' as const, 'lookup' as const), key }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('delete' as const, 'check' as const), key }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('forgetAbove' as const, 'forgetMiddle' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('flush' as const, 'wait' as const, 'clearAbove' as const) }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Kinds of first tier: one whose evictions are reported, one whose evictions are not, and one that caps TTLs. */
const FIRST = {
  'made by a factory': (): TierFactory => (context) => new MemoryCacheTier({ maxEntries: 2, ...context }),
  'ready-made': (clock: ManualClock): CacheTier => new MemoryCacheTier({ maxEntries: 2, clock }),
  'capped to 30 seconds': () => ({
    name: 'l1',
    tier: ((context) => new MemoryCacheTier({ maxEntries: 3, ...context })) satisfies TierFactory,
    maxTtlSeconds: 30,
  }),
} as const;

/** Kinds of tier between the first and the last one. */
const MIDDLE = {
  nothing: () => [],
  'a tier that counts': (clock: ManualClock): CacheTier[] => [new MemoryCacheTier({ maxEntries: 3, clock })],
  'a tier that does not count': (clock: ManualClock): CacheTier[] => [new Below({ clock })],
} as const;

/** A tier that stores accesses and can be read after it is closed. */
class Below extends FaultTier {
  protected override doRecordAccess(updates: readonly AccessUpdate[]): number {
    return addAccesses(this.store, updates);
  }
}

/** A cache, and a Map of how often each key was read since it was put. */
class Run {
  readonly clock = new ManualClock();
  readonly below = new Below({ clock: this.clock });
  readonly counts = new Map<string, number>();
  readonly manager: Promise<CacheManager>;

  constructor(first: keyof typeof FIRST, middle: keyof typeof MIDDLE) {
    const tiers = [FIRST[first](this.clock), ...MIDDLE[middle](this.clock), this.below];
    this.manager = CacheManager.open({ tiers, clock: this.clock });
  }

  async step(given: Command): Promise<void> {
    const manager = await this.manager;
    const above = manager.tiers[0]!.tier!;
    switch (given.does) {
      case 'put':
        await manager.put(given.key, this.#entry(given.key));
        return void this.counts.set(given.key, 0);
      case 'get':
        return this.#got(given.key, await manager.get(given.key));
      case 'lookup':
        return this.#got(given.key, (await manager.lookup(given.key))?.entry);
      case 'delete':
        await manager.delete(given.key);
        return void this.counts.delete(given.key);
      case 'check':
        return void (await manager.recordHealthCheck(given.key, { status: 'healthy', checkUrl: 'http://c.example' }));
      case 'forgetAbove':
        return void above.delete(given.key);
      case 'forgetMiddle':
        if (manager.tiers.length > 2) await manager.tiers[1]!.tier!.delete(given.key);
        return;
      case 'clearAbove':
        return void above.clear();
      case 'flush':
        return void (await vi.advanceTimersByTimeAsync(1000));
      case 'wait':
        this.clock.advance(10_000);
    }
  }

  #entry(name: string): CacheEntry {
    return CacheEntry.create({ proxyUrl: 'http://192.0.2.1:80', key: name, ttlSeconds: 1e6 }, this.clock);
  }

  #got(name: string, entry: CacheEntry | undefined): void {
    const before = this.counts.get(name);
    expect(entry?.accessCount).toBe(before === undefined ? undefined : before + 1);
    if (before !== undefined) this.counts.set(name, before + 1);
  }
}

describe('access counts', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(
    (Object.keys(FIRST) as (keyof typeof FIRST)[]).flatMap((first) =>
      (Object.keys(MIDDLE) as (keyof typeof MIDDLE)[]).map((middle) => [first, middle] as const),
    ),
  )('are exact and reach the tiers below, even if a first tier %s above %s loses entries', async (first, middle) => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
        const run = new Run(first, middle);
        for (const given of commands) await run.step(given);
        await (await run.manager).close();
        const stored = [...run.below.store.values()].map((entry) => [entry.key, entry.accessCount] as const);
        expect(new Map(stored)).toEqual(run.counts);
      }),
      { numRuns: 100 },
    );
  });
});
