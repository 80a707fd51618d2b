import { type CacheEntry, RemovalReason } from '@pw/cache-models';
import { MAX_INSTANT, MIN_INSTANT } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryCacheTier } from '../src/index.ts';
import { makeEntry, START } from './support/make-entry.ts';
import { type Departure, NaiveTier } from './support/naive-tier.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor', '🔑');
const lifetime = fc.oneof(
  fc.constantFrom(-5, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 31, 32, 33.25, 1023, 1024, 40_000, 2 ** 31, 2 ** 33),
  fc.constant(MAX_INSTANT - START),
  fc.double({ min: 0, max: 3000, noNaN: true }),
);
const step = fc.oneof(
  fc.constantFrom(0.25, 0.5, 1, 31, 32, 33, 1000, 1024, 33_000, 2 ** 25, 2 ** 31, 2 ** 40),
  fc.constantFrom(-0.25, -1, -32, -1000, -(2 ** 25), -(2 ** 31)),
  fc.double({ min: -100, max: 100, noNaN: true }),
);
const reason = fc.constantFrom(RemovalReason.EXPLICIT, RemovalReason.HEALTH);
const accessed = fc.integer({ min: START - 9, max: START + 9 });
const put = fc.tuple(fc.constant('put' as const), key, lifetime, fc.nat(3));
const read = fc.tuple(fc.constantFrom('get' as const, 'getNow' as const), key);
const look = fc.tuple(fc.constantFrom('peek' as const, 'has' as const), key);
const remove = fc.tuple(fc.constant('delete' as const), key, reason);
const record = fc.tuple(fc.constant('record' as const), key, fc.nat(9), accessed);
const whole = fc.tuple(fc.constantFrom('cleanup' as const, 'size' as const, 'getMany' as const));
const clear = fc.tuple(fc.constant('clear' as const));
const advance = fc.tuple(fc.constant('advance' as const), step);
const set = fc.tuple(fc.constant('set' as const), fc.constantFrom(MIN_INSTANT, 0, START, MAX_INSTANT));
// Mostly puts, so that a tier fills up; few clears and leaps of the clock, so that it is not empty.
const command = fc.oneof(
  { weight: 12, arbitrary: put },
  { weight: 8, arbitrary: read },
  { weight: 6, arbitrary: advance },
  { weight: 4, arbitrary: look },
  { weight: 3, arbitrary: remove },
  { weight: 3, arbitrary: record },
  { weight: 3, arbitrary: whole },
  { weight: 1, arbitrary: fc.oneof(clear, set) },
);
type Of<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Command = Of<
  | typeof put
  | typeof read
  | typeof look
  | typeof remove
  | typeof record
  | typeof whole
  | typeof clear
  | typeof advance
  | typeof set
>;

/** Runs commands on a tier and on the naive one, and compares everything observable after each. */
class Comparison {
  readonly clock = new ManualClock();
  readonly left: Departure[] = [];
  readonly tier: MemoryCacheTier;
  readonly naive: NaiveTier;
  #gets = 0;

  constructor(policy: 'lru' | 'lfu' | 'fifo', max: number | null) {
    const onEvict = (name: string, entry: CacheEntry, reason: RemovalReason) =>
      void this.left.push({ key: name, entry, reason });
    this.tier = new MemoryCacheTier({ evictionPolicy: policy, maxEntries: max, clock: this.clock, onEvict });
    this.naive = new NaiveTier(policy, max);
  }

  run(command: Command): void {
    const now = this.clock.now();
    const { tier, naive } = this;
    switch (command[0]) {
      case 'put':
        this.#put(makeEntry(command[1], { expiresAt: now + command[2], accessCount: command[3] }), now);
        break;
      case 'get':
      case 'getNow':
        this.#read(tier[command[0]](command[1]) as CacheEntry | undefined, naive.get(command[1], now));
        break;
      case 'getMany':
        this.#readMany(['a', 'unknown', 'c'], now);
        break;
      case 'peek':
        expect(tier.peek(command[1])?.toJSON()).toEqual(naive.live(command[1], now)?.toJSON());
        break;
      case 'has':
        expect(tier.has(command[1])).toBe(naive.live(command[1], now) !== undefined);
        break;
      case 'delete':
        expect(tier.delete(command[1], command[2])).toBe(naive.delete(command[1], command[2], now));
        break;
      case 'record': {
        const [, name, hits, lastAccessed] = command;
        const found = tier.recordAccess([{ key: name, hits, lastAccessed }]);
        expect(found).toBe(naive.recordAccess(name, hits, lastAccessed, now));
        break;
      }
      case 'cleanup':
        expect(tier.cleanupExpired()).toBe(naive.cleanup(now));
        break;
      case 'size':
        expect(tier.size()).toBe(naive.liveEntries(now).length);
        break;
      case 'clear':
        expect(tier.clear()).toBe(naive.clear(now));
        break;
      case 'advance':
        this.clock.advance(command[1]);
        break;
      case 'set':
        this.clock.set(command[1]);
    }
  }

  /** The naive tier gets an entry of its own, because the tier counts accesses in the entry that it gets. */
  #put(entry: CacheEntry, now: number): void {
    this.left.length = 0;
    const own = entry.with({});
    expect(this.tier.put(entry.key, entry)).toBe(true);
    const departures = this.naive.put(own, now, this.left);
    expect(this.left.map(describeDeparture)).toEqual(departures.map(describeDeparture));
  }

  #read(got: CacheEntry | undefined, wanted: CacheEntry | undefined): void {
    this.#gets++;
    expect(got?.toJSON()).toEqual(wanted?.toJSON());
  }

  #readMany(names: readonly string[], now: number): void {
    const got = this.tier.getMany([...names, ...names]);
    for (const name of names) this.#read(got.get(name), this.naive.get(name, now));
  }

  /** `withSizes` also compares counts, which moves the wheel; the tier must be right without that too. */
  compare(withSizes: boolean): void {
    const now = this.clock.now();
    const { tier, naive } = this;
    const wanted = naive.liveEntries(now);
    expect(tier.keys().sort()).toEqual(wanted.map((entry) => entry.key).sort());
    expect([...tier.entries()].map((entry) => entry.toJSON())).toEqual(
      tier.keys().map((name) => naive.live(name, now)!.toJSON()),
    );
    if (!withSizes) return;
    const counts = tier.statistics;
    expect(counts.currentSize).toBe(wanted.length);
    expect(counts.hits + counts.misses).toBe(this.#gets);
    expect(counts.hits).toEqual(naive.hits);
    expect(counts.misses).toEqual(naive.misses);
    expect(counts.evictionsLru).toEqual(naive.capacity);
    expect(counts.evictionsTtl).toEqual(naive.ttl);
    expect(counts.evictionsHealth).toEqual(naive.health);
    expect(counts.evictionsCorruption).toBe(0);
    expect(tier.failureCount).toBe(0);
    expect(tier.enabled).toBe(true);
  }
}

function describeDeparture({ key: name, entry, reason }: Departure) {
  return { name, reason, fields: entry.toJSON() };
}

describe.each(['lru', 'lfu', 'fifo'] as const)('a tier with policy %s', (policy) => {
  it('behaves like a naive tier for any commands and any movement of the clock', () => {
    const max = fc.constantFrom(1, 2, 3, 5, null);
    const commands = fc.array(command, { minLength: 1, maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(max, commands, fc.boolean(), (maxEntries, list, withSizes) => {
        const comparison = new Comparison(policy, maxEntries);
        for (const one of list) {
          comparison.run(one);
          comparison.compare(withSizes);
        }
        comparison.compare(true);
      }),
      { numRuns: 600 },
    );
  });
});
