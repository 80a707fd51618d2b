import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';
import { entryOf } from '../support/stack.ts';

const METHODS = [
  'get',
  'getNow',
  'put',
  'delete',
  'has',
  'peek',
  'getMany',
  'putMany',
  'deleteMany',
  'clear',
  'keys',
  'size',
  'entries',
  'cleanupExpired',
  'recordAccess',
  'resetFailures',
  'handleFailure',
] as const;
type Way = 'throw' | 'reject' | 'hang' | 'undefined' | 'number' | 'object' | 'rejects with nothing';
const WAYS: Way[] = ['throw', 'reject', 'hang', 'undefined', 'number', 'object', 'rejects with nothing'];

function misbehave(way: Way): unknown {
  if (way === 'throw') throw new Error('planted');
  if (way === 'reject') return Promise.reject(new Error('planted'));
  if (way === 'rejects with nothing') return Promise.reject(undefined as unknown as Error);
  if (way === 'hang') return new Promise(() => {});
  if (way === 'number') return 7;
  if (way === 'object') return { key: 'k', entries: 3 };
  return undefined;
}

/** A tier whose given methods fail on some of their calls. */
function failing(faults: readonly Way[], methods: ReadonlySet<string>, clock: ManualClock): FaultTier {
  const tier = new FaultTier({ clock });
  let calls = 0;
  return new Proxy(tier, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const fault = methods.has(String(name)) ? faults[calls++ % faults.length] : undefined;
        return fault === undefined ? Reflect.apply(value, target, args) : misbehave(fault);
      };
    },
  });
}

async function useEverything(cache: CacheManager, clock: ManualClock): Promise<void> {
  for (const key of ['k', 'l']) {
    await cache.put(key, entryOf(key, {}, clock));
    await cache.get(key);
    await cache.lookup(key);
    await cache.has(key);
    await cache.invalidateByHealth(key);
    await cache.getOrLoad(`${key}?`, () => undefined);
  }
  cache.peek('k');
  await cache.putMany([entryOf('m', {}, clock)]);
  await cache.getMany(['m', 'n']);
  await cache.recordHealthCheck('m', { status: 'healthy', checkTime: clock.now(), checkUrl: 'http://c.example' });
  await cache.healthHistory('m');
  await cache.dueForHealthCheck();
  await cache.query({});
  await cache.keys();
  await cache.size();
  for await (const _ of cache.entries());
  await cache.cleanupExpired();
  cache.getStatistics();
  await cache.deleteMany(['m', 'n']);
  await cache.delete('k');
  clock.advance(61_000);
  await cache.get('unknown');
  expect((await cache.get('l'))?.key).toBe('l');
  await cache.clear();
}

describe('a tier that fails in any method, in any way', () => {
  it('makes no operation reject or hang, and leaves no unhandled rejection', { timeout: 60_000 }, async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const fault = fc.option(fc.constantFrom(...WAYS), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 12 }) as fc.Arbitrary<Way[]>,
        fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1 }),
        async (faults, methods) => {
          const clock = new ManualClock();
          const l2 = failing(faults, new Set(methods), clock);
          const cache = await CacheManager.open({
            tiers: [new MemoryCacheTier({ clock }), l2],
            clock,
            tierTimeoutMs: 5,
          });
          await useEverything(cache, clock);
          await cache.close();
        },
      ),
      { numRuns: 120 },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});
