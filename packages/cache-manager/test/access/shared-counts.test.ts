import { CacheEntry, type MaybePromise } from '@pw/cache-models';
import type { AccessUpdate, ChangeListener, TierChanges } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { addAccesses, FaultTier } from '../support/fault-tier.ts';

const KEYS = ['a', 'b', 'c', 'd'] as const;
const key = fc.constantFrom(...KEYS);
/** Which of the two caches does it. */
const by = fc.constantFrom(0 as const, 1 as const);
const command = fc.oneof(
  { weight: 20, arbitrary: fc.record({ does: fc.constant('get' as const), by, key }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('put' as const, 'forgetAbove' as const), by, key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('delete' as const), by, key }) },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom('flush' as const, 'fail' as const, 'mend' as const), by }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('getWhileFlushing' as const), by, key }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** One instance of a tier on a store that another instance shares, as two processes would. */
class SharedTier extends FaultTier {
  readonly listeners = new Set<ChangeListener>();
  readonly others: SharedTier[] = [];
  /** By key, the hits that this instance has stored since the last put. */
  readonly stored = new Map<string, number>();
  isFailing = false;
  readonly changes: TierChanges = {
    subscribe: (listener) => {
      this.listeners.add(listener);
      return () => void this.listeners.delete(listener);
    },
    poll: () => true,
  };

  constructor(store: Map<string, CacheEntry>, clock: ManualClock) {
    super({ clock, failureThreshold: 1_000_000 }, { changes: true, shared: true });
    Object.assign(this, { store });
  }

  protected override async doPut(name: string, entry: CacheEntry) {
    const isStored = await super.doPut(name, entry);
    this.#changed(name);
    return isStored;
  }
  protected override async doDelete(name: string) {
    const existed = await super.doDelete(name);
    this.#changed(name);
    return existed;
  }
  protected override doRecordAccess(updates: readonly AccessUpdate[]): MaybePromise<number> {
    if (this.isFailing) throw new Error('planted');
    for (const { key: name, hits } of updates)
      if (this.store.has(name)) this.stored.set(name, (this.stored.get(name) ?? 0) + hits);
    return addAccesses(this.store, updates);
  }

  #changed(name: string): void {
    this.stored.delete(name);
    for (const other of this.others) {
      other.stored.delete(name);
      for (const listener of other.listeners) listener(name);
    }
  }
}

interface Side {
  readonly manager: CacheManager;
  readonly above: MemoryCacheTier;
  readonly below: SharedTier;
  /** By key, the hits since the last put. */
  readonly hits: Map<string, number>;
}

/** Two caches on one store, and how often each key was read since it was put. */
class Run {
  readonly clock = new ManualClock();
  readonly store = new Map<string, CacheEntry>();
  readonly sides: Side[] = [];

  async open(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const below = new SharedTier(this.store, this.clock);
      let above!: MemoryCacheTier;
      const memory = (context: object) => {
        above = new MemoryCacheTier({ maxEntries: 2, ...context });
        return above;
      };
      const manager = await CacheManager.open({ tiers: [memory, below], clock: this.clock });
      this.sides.push({ manager, above, below, hits: new Map() });
    }
    const [one, other] = this.sides as [Side, Side];
    one.below.others.push(other.below);
    other.below.others.push(one.below);
  }

  async step(given: Command): Promise<void> {
    const side = this.sides[given.by]!;
    this.clock.advance(1);
    switch (given.does) {
      case 'put':
        await side.manager.put(given.key, this.#entry(given.key));
        return this.#forget(given.key);
      case 'delete':
        await side.manager.delete(given.key);
        return this.#forget(given.key);
      case 'get':
        return this.#get(side, given.key);
      case 'forgetAbove':
        return void side.above.delete(given.key);
      case 'flush':
        return void (await side.manager.query());
      case 'getWhileFlushing': {
        const flushed = side.manager.query();
        const got = side.manager.get(given.key);
        await flushed;
        if ((await got) !== undefined) this.#count(side, given.key);
        return;
      }
      case 'fail':
      case 'mend':
        side.below.isFailing = given.does === 'fail';
    }
  }

  /** By key, the hits of both caches. */
  get totals(): Map<string, number> {
    const count = (name: string) => this.sides.reduce((sum, { hits }) => sum + (hits.get(name) ?? 0), 0);
    return new Map([...this.store.keys()].sort().map((name) => [name, count(name)]));
  }

  get storedCounts(): Map<string, number> {
    return new Map([...this.store].sort().map(([name, { accessCount }]) => [name, accessCount]));
  }

  async settle(): Promise<void> {
    for (const { below } of this.sides) below.isFailing = false;
    for (const { manager } of this.sides) await manager.close();
  }

  async #get(side: Side, name: string): Promise<void> {
    const pending = (side.hits.get(name) ?? 0) - (side.below.stored.get(name) ?? 0);
    const expected = (this.store.get(name)?.accessCount ?? 0) + pending + 1;
    const isAbove = side.above.has(name);
    const entry = await side.manager.get(name);
    if (entry === undefined) return;
    if (!isAbove) expect(entry.accessCount).toBe(expected);
    this.#count(side, name);
  }

  #count(side: Side, name: string): void {
    side.hits.set(name, (side.hits.get(name) ?? 0) + 1);
  }

  #entry(name: string): CacheEntry {
    return CacheEntry.create({ proxyUrl: 'http://192.0.2.1:80', key: name, ttlSeconds: 1e6 }, this.clock);
  }

  #forget(name: string): void {
    for (const { hits } of this.sides) hits.delete(name);
  }
}

describe('access counts of two caches on one store', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('add up to the hits since the last put, whatever fails meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 80, size: 'max' }), async (commands) => {
        const run = new Run();
        await run.open();
        for (const name of KEYS) await run.step({ does: 'put', by: 0, key: name });
        for (const given of commands) await run.step(given);
        await run.settle();
        expect(run.storedCounts).toEqual(run.totals);
      }),
      { numRuns: 200 },
    );
  });
});
