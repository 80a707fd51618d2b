import { CacheEntry } from '@pw/cache-models';
import { addHits } from '@pw/cache-models/tier';
import { entryInputs, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS, NOW, reveal, tempDir } from './support.ts';

const key = fc.constantFrom('a', 'b', '__proto__', "d'; --", '🔑');
const life = fc.integer({ min: -5, max: 20 });
const input = fc.record({ fields: entryInputs, key, life });
const command = fc.oneof(
  fc.record({ do: fc.constant('put' as const), input }),
  fc.record({ do: fc.constant('put many' as const), inputs: fc.array(input, { maxLength: 4 }) }),
  fc.record({ do: fc.constant('get' as const), key }),
  fc.record({ do: fc.constant('get many' as const), keys: fc.array(key, { maxLength: 4 }) }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('delete many' as const), keys: fc.uniqueArray(key, { maxLength: 4 }) }),
  fc.record({
    do: fc.constant('access' as const),
    key,
    count: fc.nat(9),
    evictedFromL1: fc.option(fc.boolean(), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('pass time' as const), ms: fc.integer({ min: 1, max: 10 }) }),
  fc.record({ do: fc.constantFrom('cleanup' as const, 'reopen' as const, 'clear' as const) }),
);

describe.each(KINDS)('$name', (kind) => {
  it('behaves like a map through either of two connections, and over restarts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, fc.boolean()), { maxLength: 40 }), (commands) => {
        const directory = tempDir();
        const clock = new ManualClock(NOW);
        const tiers = [kind.make(directory, {}, { clock }), kind.make(directory, {}, { clock })] as const;
        const model = new Map<string, CacheEntry>();
        const isLive = (entry: CacheEntry | undefined) => entry !== undefined && !entry.isExpiredAt(clock.now());
        const live = () => new Map([...model].filter(([, entry]) => isLive(entry)));
        const make = (from: typeof input extends fc.Arbitrary<infer T> ? T : never) =>
          CacheEntry.create({ ...from.fields, key: from.key, expiresAt: clock.now() + from.life });
        for (const [step, second] of commands) {
          const tier = tiers[second ? 1 : 0];
          if (step.do === 'put') {
            const entry = make(step.input);
            expect(tier.put(entry.key, entry)).toBe(true);
            model.set(entry.key, entry);
          } else if (step.do === 'put many') {
            const entries = step.inputs.map(make);
            expect(tier.putMany(entries)).toEqual(entries.map(() => true));
            for (const entry of entries) model.set(entry.key, entry);
          } else if (step.do === 'get') {
            const found = tier.get(step.key);
            expect(reveal(found)).toEqual(reveal(live().get(step.key)));
            if (found === undefined) model.delete(step.key);
          } else if (step.do === 'get many') {
            const found = tier.getMany(step.keys);
            for (const one of step.keys) expect(reveal(found.get(one))).toEqual(reveal(live().get(one)));
            for (const one of step.keys) if (!isLive(model.get(one))) model.delete(one);
          } else if (step.do === 'delete') {
            expect(tier.delete(step.key)).toBe(isLive(model.get(step.key)));
            model.delete(step.key);
          } else if (step.do === 'delete many') {
            expect(tier.deleteMany(step.keys)).toEqual(step.keys.map((one) => isLive(model.get(one))));
            for (const one of step.keys) model.delete(one);
          } else if (step.do === 'access') {
            const { count: hits, evictedFromL1 } = step;
            const old = live().get(step.key);
            const update = { key: step.key, hits, lastAccessed: clock.now(), evictedFromL1 };
            expect(tier.recordAccess([update])).toBe(old === undefined ? 0 : 1);
            if (old !== undefined) {
              const accessCount = addHits(old.accessCount, hits);
              const lastAccessed = Math.max(old.lastAccessed, clock.now());
              const mark = evictedFromL1 ?? old.evictedFromL1;
              model.set(step.key, old.with({ accessCount, lastAccessed, evictedFromL1: mark }));
            }
          } else if (step.do === 'pass time') clock.advance(step.ms);
          else if (step.do === 'reopen') tier.close();
          else if (step.do === 'clear') {
            expect(tier.clear()).toBe(live().size);
            model.clear();
          } else {
            expect(tier.cleanupExpired()).toBe(model.size - live().size);
            for (const one of model.keys()) if (!isLive(model.get(one))) model.delete(one);
          }
          expect(tier.size()).toBe(live().size);
        }
        for (const tier of tiers) {
          const expected = [...live().values()].map(reveal);
          expect([...tier.entries()].map(reveal)).toEqual(expect.arrayContaining(expected));
          expect(new Set(tier.keys())).toEqual(new Set(live().keys()));
          expect(tier.statistics.evictionsCorruption).toBe(0);
          tier.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});
