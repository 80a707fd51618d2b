import { CacheEntry } from '@pw/cache-models';
import { count, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonlCacheTier } from '../src/index.ts';
import { facts, makeEntry, newDirectory, newTier } from './support/tiers.ts';

interface Real {
  readonly directory: string;
  readonly clock: ManualClock;
  /** Two tiers on one directory: every command goes to one of them. */
  readonly tiers: JsonlCacheTier[];
}
type Model = Map<string, CacheEntry>;

const live = (model: Model, now: number) => [...model.values()].filter((entry) => !entry.isExpiredAt(now));

abstract class Command implements fc.AsyncCommand<Model, Real> {
  readonly #which: number;

  constructor(which: number) {
    this.#which = which;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real.tiers[this.#which]!, real);
    for (const tier of real.tiers) {
      const expected = live(model, real.clock.now());
      expect(new Set(await tier.keys())).toEqual(new Set(expected.map(({ key }) => key)));
      expect(await tier.size()).toBe(expected.length);
      expect(tier.failureCount).toBe(0);
    }
  }

  abstract act(model: Model, tier: JsonlCacheTier, real: Real): Promise<void>;
  abstract toString(): string;
}

type Act = (model: Model, tier: JsonlCacheTier, real: Real) => Promise<void>;

function command(which: number, name: string, act: Act): Command {
  return new (class extends Command {
    act = act;
    toString = () => `${name} on ${which}`;
  })(which);
}

const which = fc.nat(1);
const key = fc.nat(7).map((n) => `k${n}`);

const commands = [
  fc.tuple(which, key, fc.nat(99), fc.constantFrom(0, 5, 60, 5000)).map(([on, name, n, ttlSeconds]) =>
    command(on, `put ${name} ${n} ttl ${ttlSeconds}`, async (model, tier, { clock }) => {
      const entry = makeEntry(name, { source: `s${n}`, fetchTime: clock.now(), ttlSeconds, password: `p${n}` });
      expect(await tier.put(name, entry)).toBe(true);
      model.set(name, entry);
    }),
  ),
  fc.tuple(which, fc.array(key, { maxLength: 6 }), fc.nat(99)).map(([on, names, n]) =>
    command(on, `putMany ${names} ${n}`, async (model, tier, { clock }) => {
      const entries = names.map((name, at) => makeEntry(name, { source: `s${n}.${at}`, fetchTime: clock.now() }));
      expect(await tier.putMany(entries)).toEqual(entries.map(() => true));
      for (const entry of entries) model.set(entry.key, entry);
    }),
  ),
  fc.tuple(which, key).map(([on, name]) =>
    command(on, `get ${name}`, async (model, tier, { clock }) => {
      const expected = model.get(name);
      const isLive = expected !== undefined && !expected.isExpiredAt(clock.now());
      expect(facts(await tier.get(name))).toEqual(isLive ? facts(expected) : undefined);
      if (!isLive) model.delete(name);
    }),
  ),
  fc.tuple(which, key).map(([on, name]) =>
    command(on, `delete ${name}`, async (model, tier, { clock }) => {
      const expected = model.get(name);
      expect(await tier.delete(name)).toBe(expected !== undefined && !expected.isExpiredAt(clock.now()));
      model.delete(name);
    }),
  ),
  fc
    .tuple(which, fc.nat(100))
    .map(([on, seconds]) =>
      command(on, `advance ${seconds}`, async (_model, _tier, { clock }) => clock.advance(seconds * 1000)),
    ),
  which.map((on) =>
    command(on, 'cleanupExpired', async (model, tier, { clock }) => {
      const kept = live(model, clock.now());
      expect(await tier.cleanupExpired()).toBe(model.size - kept.length);
      model.clear();
      for (const entry of kept) model.set(entry.key, entry);
    }),
  ),
  which.map((on) =>
    command(on, 'clear', async (model, tier, { clock }) => {
      expect(await tier.clear()).toBe(live(model, clock.now()).length);
      model.clear();
    }),
  ),
  fc.tuple(which, key, fc.nat(1000)).map(([on, name, n]) =>
    command(on, `access ${name} ${n}, reopen`, async (model, tier, { clock }) => {
      const expected = model.get(name);
      const isLive = expected !== undefined && !expected.isExpiredAt(clock.now());
      const update = { key: name, hits: n, lastAccessed: clock.now() + 0.125 };
      expect(await tier.recordAccess([update])).toBe(isLive ? 1 : 0);
      if (isLive) {
        const { hits, lastAccessed } = update;
        const accessCount = expected.accessCount + hits;
        model.set(name, CacheEntry.restore({ ...expected.toFields(), accessCount, lastAccessed }));
      }
      await tier.close();
    }),
  ),
  which.map((on) => command(on, 'reopen', async (_model, tier) => tier.close())),
];

describe('JsonlCacheTier', () => {
  it('behaves like a map with expiries, through two tiers and across reopenings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (list) => {
        const directory = newDirectory();
        const clock = new ManualClock();
        const tiers = [newTier(directory, { clock, numShards: 3 }), newTier(directory, { clock, sideIndexFrom: 1 })];
        await tiers[0]!.open();
        await fc.asyncModelRun(() => ({ model: new Map(), real: { directory, clock, tiers } }), list);
        await Promise.all(tiers.map((tier) => tier.close()));
      }),
      { numRuns: count(30, 60) },
    );
  });
});
