import { CacheEntry, type TierOptions, type TouchedEntries } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { HookTier } from '../support/hook-tier.ts';

type Member = 'touched' | keyof TouchedEntries;

/** The ways in which a member may fail to return a correct result. */
const WAYS = {
  throws: () => {
    throw new Error('planted');
  },
  'returns a promise of the result': async (answer: unknown) => answer,
  rejects: () => Promise.reject(new Error('planted')),
  'returns null': () => null,
  'returns a string': () => 'malformed',
  'returns NaN': () => Number.NaN,
  'returns a negative number': () => -1,
  'returns Infinity': () => Number.POSITIVE_INFINITY,
  'returns an object': () => ({ key: 'a', entries: 3 }),
  'returns a list': () => [null, 7, {}, { key: 'a', accessCount: Number.NaN, lastAccessed: 0 }],
  'returns invalid counts': () => ({ key: 'a', accessCount: Number.NaN, lastAccessed: 0 }),
} satisfies Record<string, (answer: unknown) => unknown>;
type Way = keyof typeof WAYS;

/**
 * A list is a possible result of `take`, of which only the valid items are used. The result of `forget` is not checked.
 */
const FAULTS = (['touched', 'count', 'of', 'take', 'forget'] as const).flatMap((member: Member) =>
  (Object.keys(WAYS) as Way[])
    .filter(
      (way) => !(member === 'take' && way === 'returns a list') && !(member === 'forget' && way.startsWith('returns')),
    )
    .map((way) => [member, way] as const),
);

/** A first tier whose view of its touches fails in one member, after a number of calls. */
class FaultyTouches extends MemoryCacheTier {
  readonly #member: Member;
  readonly #wrong: (answer: unknown) => unknown;
  #left: number;

  constructor(
    maxEntries: number | null,
    options: TierOptions,
    [member, way]: readonly [Member, Way],
    rightCalls: number,
  ) {
    super({ maxEntries, ...options });
    this.#member = member;
    this.#wrong = WAYS[way];
    this.#left = rightCalls;
  }

  #answer(member: Member, answer: unknown): unknown {
    return member === this.#member && this.#left-- <= 0 ? this.#wrong(answer) : answer;
  }

  override touched(): TouchedEntries {
    const view = super.touched();
    const answer = (member: Member, right: unknown) => this.#answer(member, right);
    const unruly = {
      get count() {
        return answer('count', view.count);
      },
      of: (key: string) => answer('of', view.of(key)),
      take: (limit: number) => answer('take', view.take(limit)),
      forget: (key?: string) => answer('forget', view.forget(key)),
    };
    return answer('touched', unruly) as TouchedEntries;
  }
}

/** A cache, and a Map of how often each key was read. */
class Run {
  readonly clock = new ManualClock();
  readonly below = new HookTier({ clock: this.clock });
  readonly counts = new Map<string, number>();
  readonly manager: Promise<CacheManager>;

  constructor(maxEntries: number | null, fault: readonly [Member, Way], rightCalls: number) {
    const first = (context: TierOptions) => new FaultyTouches(maxEntries, context, fault, rightCalls);
    this.manager = CacheManager.open({ tiers: [first, this.below], clock: this.clock });
  }

  async put(...keys: string[]): Promise<void> {
    for (const key of keys) {
      const entry = CacheEntry.create({ proxyUrl: 'http://192.0.2.1:80', key }, this.clock);
      expect(await (await this.manager).put(key, entry)).toBe(true);
      this.counts.set(key, 0);
    }
  }

  async get(...keys: string[]): Promise<void> {
    for (const key of keys) {
      this.clock.advance(1);
      const entry = await (await this.manager).get(key);
      this.counts.set(key, this.counts.get(key)! + 1);
      expect(entry).toMatchObject({ key, accessCount: this.counts.get(key), lastAccessed: this.clock.now() });
    }
  }

  /** Lets a second pass, after which counts are written behind. */
  async second(): Promise<void> {
    await vi.advanceTimersByTimeAsync(1000);
  }

  /** Closes the cache and checks that the tier below has every count. */
  async end(): Promise<void> {
    await (await this.manager).close();
    const stored = [...this.below.store.values()].map(({ key, accessCount }) => [key, accessCount] as const);
    expect(new Map(stored)).toEqual(this.counts);
  }
}

describe('a first tier with a faulty buffer of its touches', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it.each(FAULTS)('leaves every count in every tier right if it is faulty from the start (%s %s)', async (...fault) => {
    const run = new Run(2, fault, 0);
    await run.put('a', 'b', 'c');
    await run.get('c', 'b', 'a', 'c', 'c', 'a', 'b');
    await run.second();
    await run.get('c', 'a', 'a');
    await run.put('b');
    await run.get('b', 'c');
    await run.end();
  });

  it.each(FAULTS)('leaves every count right after the next hit if it fails later (%s %s)', async (...fault) => {
    for (const rightCalls of [1, 2, 3, 5]) {
      const run = new Run(null, fault, rightCalls);
      await run.put('a', 'b', 'c');
      for (let i = 0; i < 4; i++) {
        await run.get('a', 'b', 'a', 'c');
        await (await run.manager).recordHealthCheck('c', { status: 'healthy', checkUrl: 'http://check.example' });
        await run.second();
      }
      await run.put('b');
      await run.get('a', 'b', 'c');
      await run.second();
      await run.get('a', 'b', 'c');
      await run.end();
    }
  });
});
