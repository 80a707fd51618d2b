import { CacheEntry } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheManager } from '../src/index.ts';
import { type Fault, FaultTier } from './support/fault-tier.ts';

type Step =
  | { readonly op: 'put'; readonly key: string; readonly ttl: number }
  | { readonly op: 'get' | 'delete' | 'invalidate' | 'has' | 'getOrLoad'; readonly key: string }
  | { readonly op: 'putMany' | 'deleteMany'; readonly keys: readonly string[] }
  | { readonly op: 'clear' | 'sweep' | 'keys' }
  | { readonly op: 'advance'; readonly ms: number }
  | { readonly op: 'fault'; readonly fault: Fault };

const key = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');
const keys = fc.uniqueArray(key, { minLength: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('put' as const), key, ttl: fc.integer({ min: 0, max: 100 }) }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constantFrom('get', 'delete', 'invalidate', 'has', 'getOrLoad'), key }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('putMany', 'deleteMany'), keys }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('clear', 'sweep', 'keys') }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 70_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('fault' as const),
      fault: fc.constantFrom<Fault[]>('none', 'throw', 'reject'),
    }),
  },
);

/** A cache whose second tier fails and recovers, and a Map with the newest value of every key. */
class Run {
  readonly clock = new ManualClock();
  readonly model = new Map<string, CacheEntry>();
  readonly l2 = new FaultTier({ clock: this.clock });
  #manager: CacheManager | undefined;
  #serial = 0;
  /** False once L2 has failed: from then on an entry may be missing, but never stale. */
  complete = true;

  async open(): Promise<void> {
    const l1 = new MemoryCacheTier({ maxEntries: 2, clock: this.clock });
    this.#manager = await CacheManager.open({ tiers: [l1, this.l2], clock: this.clock });
  }
  get manager(): CacheManager {
    return this.#manager!;
  }

  entry(name: string, ttlSeconds = 100): CacheEntry {
    return CacheEntry.create(
      { proxyUrl: 'http://h.example:1', key: name, source: String(this.#serial++), ttlSeconds },
      this.clock,
    );
  }
  live(name: string): CacheEntry | undefined {
    const entry = this.model.get(name);
    return entry === undefined || entry.isExpiredAt(this.clock.now()) ? undefined : entry;
  }
  check(name: string, found: CacheEntry | undefined): void {
    const live = this.live(name);
    if (found === undefined && !this.complete) return;
    expect(found?.source, name).toEqual(live?.source);
    expect(found?.failureCount, name).toEqual(live?.failureCount);
  }
  put(entry: CacheEntry): void {
    this.model.set(entry.key, entry);
  }

  async step(step: Step): Promise<void> {
    const { manager, model } = this;
    switch (step.op) {
      case 'put': {
        const entry = this.entry(step.key, step.ttl);
        expect(await manager.put(step.key, entry)).toBe(true);
        return this.put(entry);
      }
      case 'putMany': {
        const entries = step.keys.map((name) => this.entry(name));
        expect(await manager.putMany(entries)).toEqual(entries.map(() => true));
        for (const entry of entries) this.put(entry);
        return;
      }
      case 'get':
        return this.check(step.key, await manager.get(step.key));
      case 'getOrLoad': {
        const entry = this.entry(step.key);
        const found = await manager.getOrLoad(step.key, () => entry);
        if (found === entry) this.put(entry);
        return this.check(step.key, found);
      }
      case 'has':
        if (await manager.has(step.key)) expect(this.live(step.key)).toBeDefined();
        return;
      case 'delete':
        await manager.delete(step.key);
        return void model.delete(step.key);
      case 'deleteMany':
        await manager.deleteMany(step.keys);
        for (const name of step.keys) model.delete(name);
        return;
      case 'invalidate':
        return this.#invalidate(step.key);
      case 'clear':
        await manager.clear();
        return model.clear();
      case 'sweep':
        return void (await manager.cleanupExpired());
      case 'keys': {
        const expected = [...model.keys()].filter((name) => this.live(name) !== undefined);
        const found = await manager.keys();
        if (this.complete) expect(found.sort()).toEqual(expected.sort());
        else expect(expected).toEqual(expect.arrayContaining(found));
        return;
      }
      case 'advance':
        return this.clock.advance(step.ms);
      case 'fault':
        this.l2.fault = step.fault;
        if (step.fault !== 'none') this.complete = false;
    }
  }

  async #invalidate(name: string): Promise<void> {
    const live = this.live(name);
    const known = live !== undefined && (await this.manager.has(name));
    await this.manager.invalidateByHealth(name);
    if (live === undefined || !known) return;
    if (live.failureCount === 2) this.model.delete(name);
    else this.model.set(name, live.with({ failureCount: live.failureCount + 1, healthStatus: 'unhealthy' }));
  }

  async end(): Promise<void> {
    this.l2.fault = 'none';
    for (const name of ['a', 'b', 'c', 'd', '__proto__']) this.check(name, await this.manager.get(name));
    const { tiers, requestMisses } = this.manager.getStatistics();
    for (const { stats } of tiers) for (const count of Object.values(stats)) expect(count).toBeGreaterThanOrEqual(0);
    expect(requestMisses).toBeGreaterThanOrEqual(0);
    await this.manager.close();
  }
}

describe('a cache with a tier that fails and recovers', () => {
  it('never returns a value that was replaced, deleted or has expired', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const run = new Run();
        await run.open();
        for (const one of steps) await run.step(one);
        await run.end();
      }),
      { numRuns: 400 },
    );
  });

  it('never returns such a value after concurrent operations either', async () => {
    const concurrent = fc.array(
      fc.array(fc.record({ op: fc.constantFrom('put', 'get', 'delete'), key }), { minLength: 1, maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(concurrent, async (batches) => {
        const run = new Run();
        await run.open();
        for (const batch of batches) {
          // Operations on one key take effect in the order of their calls.
          const done = batch.map((one) => {
            if (one.op === 'get') return run.manager.get(one.key);
            if (one.op === 'delete') {
              run.model.delete(one.key);
              return run.manager.delete(one.key);
            }
            const entry = run.entry(one.key);
            run.put(entry);
            return run.manager.put(one.key, entry);
          });
          await Promise.all(done);
          for (const name of ['a', 'b', 'c', 'd', '__proto__']) run.check(name, await run.manager.get(name));
        }
        await run.end();
      }),
      { numRuns: 200 },
    );
  });
});
