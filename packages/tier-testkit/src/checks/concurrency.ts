import type { CacheEntry } from '@pw/cache-models';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const MANY = 60;
/** Repetitions of an interleaving that depends on chance. */
const ROUNDS = 8;

const version = (key: string, count: number): CacheEntry =>
  makeEntry(key, { source: `version ${count}`, failureCount: count, lastHealthError: 'e'.repeat(count % 50) });

const checks: Check[] = [
  {
    name: 'stores every one of many concurrent puts',
    rule: 'concurrency',
    run: async (trial) => {
      const entries = makeEntries(MANY);
      const tier = await trial.tierWith([]);
      const stored = await Promise.all(entries.map((entry) => tier.put(entry)));
      trial.same(`${MANY} concurrent puts of as many keys`, stored, Array(MANY).fill(true));
      await expectAllEntries(trial, tier, entries, `after ${MANY} concurrent puts`);
    },
  },
  {
    name: 'keeps one whole version of an entry under concurrent puts of its key',
    rule: 'concurrency',
    run: async (trial) => {
      const versions = Array.from({ length: MANY }, (_, count) => version('a', count));
      const tier = await trial.tierWith([makeEntry('b')]);
      const stored = await Promise.all(versions.map((entry) => tier.put(entry)));
      trial.same(`${MANY} concurrent puts of "a"`, stored, Array(MANY).fill(true));
      await expectOneOf(trial, tier, versions, `after ${MANY} concurrent puts of "a"`);
      trial.sameSet('keys afterwards', await tier.keys(), ['a', 'b']);
      const last = version('a', 1000);
      await tier.put(last);
      trial.sameEntry('get("a") after one more put', await tier.get('a'), last);
    },
  },
  {
    name: 'returns the value acknowledged last',
    rule: 'concurrency',
    run: async (trial) => {
      const tier = await trial.tierWith([]);
      const others = makeEntries(MANY).map((entry) => tier.put(entry));
      for (let count = 0; count < MANY; count++) {
        const entry = version('a', count);
        trial.same(`put ${count} of "a" while other keys are put`, await tier.put(entry), true);
        trial.sameEntry(`get("a") after put ${count}`, await tier.get('a'), entry);
      }
      await Promise.all(others);
      trial.same('size', await tier.size(), MANY + 1);
    },
  },
  {
    name: 'keeps a deleted entry deleted while other writes run',
    rule: 'concurrency',
    run: async (trial) => {
      const tier = await trial.tierWith([]);
      const noise = makeEntries(MANY).map((entry) => tier.put(entry));
      for (let count = 0; count < ROUNDS; count++) {
        await tier.put(version('a', count));
        trial.same('delete("a") after its put was acknowledged', await tier.delete('a'), true);
        trial.same('has("a") after its delete was acknowledged', await tier.has('a'), false);
      }
      await Promise.all(noise);
      trial.same('get("a") after all writes', await tier.get('a'), undefined);
      trial.same('size after all writes', await tier.size(), MANY);
    },
  },
  {
    name: 'answers overlapping deletes and puts as in some serial order',
    rule: 'concurrency',
    run: async (trial) => {
      const tier = await trial.tierWith([]);
      for (let count = 0; count < ROUNDS; count++) {
        const [old, fresh] = [version(`key ${count}`, 2 * count), version(`key ${count}`, 2 * count + 1)];
        if (count % 4 >= 2) await tier.put(old);
        await deleteAgainstPut(trial, tier, count % 4 >= 2 ? old : undefined, fresh, count % 2 === 0);
      }
    },
  },
  {
    name: 'reports true for only one of several concurrent deletes',
    rule: 'deletes',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      const answers = await Promise.all(Array.from({ length: 5 }, () => tier.delete('a')));
      trial.same('number of 5 concurrent deletes of "a" that returned true', answers.filter(Boolean).length, 1);
      trial.same('keys afterwards', await tier.keys(), ['b']);
    },
  },
  {
    name: 'counts exactly the entries that clear removes among concurrent puts',
    rule: 'clears',
    run: async (trial) => {
      const old = makeEntries(20);
      const fresh = makeEntries(MANY, undefined, 100);
      const tier = await trial.tierWith(old);
      const before = fresh.slice(0, MANY / 2).map((entry) => tier.put(entry));
      const clearing = tier.clear();
      const after = fresh.slice(MANY / 2).map((entry) => tier.put(entry));
      trial.same('puts around a clear', new Set(await Promise.all([...before, ...after])), new Set([true]));
      const cleared = await clearing;
      const left = await tier.keys();
      const total = old.length + fresh.length;
      trial.same(`entries cleared plus entries left, of ${total}`, cleared + left.length, total);
      trial.same(
        'old entries left after clear',
        left.filter((key) => old.some((entry) => entry.key === key)).length,
        0,
      );
      await expectAllEntries(
        trial,
        tier,
        fresh.filter(({ key }) => left.includes(key)),
        'after clear among puts',
      );
    },
  },
  {
    name: 'applies clear at one moment during a series of puts',
    rule: 'concurrency',
    run: async (trial) => {
      const entries = makeEntries(MANY);
      const tier = await trial.tierWith(makeEntries(20, undefined, 100));
      const clearing = tier.clear();
      for (const entry of entries) await tier.put(entry);
      await clearing;
      const left = await tier.keys();
      const from = entries.findIndex(({ key }) => left.includes(key));
      const expected = from < 0 ? [] : entries.slice(from).map(({ key }) => key);
      trial.sameSet('keys left by successive puts during one clear', left, expected);
    },
  },
  {
    name: 'reads whole entries while they are being replaced',
    rule: 'concurrency',
    run: async (trial) => {
      const keys = ['a', 'b', 'c'];
      const versions = Array.from({ length: 20 }, (_, count) => keys.map((key) => version(key, count)));
      const tier = await trial.tierWith(versions[0]!);
      const work: Promise<unknown>[] = [];
      const found: Promise<Map<string, CacheEntry>>[] = [];
      for (const entries of versions) {
        work.push(...entries.map((entry) => tier.put(entry)));
        found.push(tier.getMany(keys));
      }
      await Promise.all(work);
      for (const entries of await Promise.all(found)) {
        trial.sameSet('keys of getMany during puts that replace', entries.keys(), keys);
        for (const [key, entry] of entries)
          trial.sameEntry(`"${key}" of getMany during puts`, entry, version(key, entry.failureCount));
      }
    },
  },
  {
    name: 'loses nothing when batches and puts overlap',
    rule: 'concurrency',
    run: async (trial) => {
      const [one, two] = [makeEntries(MANY), makeEntries(MANY, undefined, MANY / 2)];
      const marked = two.map((entry) => entry.with({ source: 'two' }));
      const single = makeEntries(20, undefined, 1000);
      const tier = await trial.tierWith([makeEntry('gone')]);
      const answers = await Promise.all([
        tier.putMany(one),
        ...single.slice(0, 10).map((entry) => tier.put(entry)),
        tier.putMany(marked),
        tier.deleteMany(['gone']),
        ...single.slice(10).map((entry) => tier.put(entry)),
      ]);
      trial.same('answers of overlapping batches and puts', new Set(answers.flat()), new Set([true]));
      const alone = [...one.slice(0, MANY / 2), ...marked.slice(MANY / 2), ...single];
      trial.same('size after overlapping batches', await tier.size(), MANY * 1.5 + 20);
      for (const entry of alone)
        trial.sameEntry(`get("${entry.key}") after overlapping batches`, await tier.get(entry.key), entry);
      for (const entry of one.slice(MANY / 2))
        await expectOneOf(trial, tier, [entry, entry.with({ source: 'two' })], 'after overlapping batches', entry.key);
    },
  },
  {
    name: 'keeps a new entry while the expired one that it replaces is removed',
    rule: 'concurrency',
    run: async (trial) => {
      const tier = await trial.tierWith([]);
      const removals = [
        () => tier.get('a'),
        () => tier.cleanupExpired(),
        () => tier.getMany(['a']),
        () => tier.size(),
      ] as const;
      for (const remove of removals) {
        await tier.put(makeEntry('a', { expiresAt: trial.clock.now() + 1 }));
        trial.clock.advance(1);
        const fresh = makeEntry('a', { expiresAt: trial.clock.now() + HOUR, source: 'fresh' });
        await Promise.all([remove(), tier.put(fresh), remove()]);
        trial.sameEntry('get("a"), put while its expired predecessor was removed', await tier.get('a'), fresh);
        trial.same('size', await tier.size(), 1);
      }
    },
  },
  {
    name: 'keeps to maxEntries under concurrent puts and reports every eviction',
    rule: 'capacity',
    run: async (trial) => {
      const entries = makeEntries(MANY);
      const tier = await trial.tierWith(entries.slice(0, 5), { config: { maxEntries: 10 } });
      const stored = await Promise.all(entries.slice(5).map((entry) => tier.put(entry)));
      trial.same('concurrent puts into a tier with maxEntries 10', new Set(stored), new Set([true]));
      const keys = await tier.keys();
      trial.same('size', await tier.size(), 10);
      trial.sameSet(
        'keys left, and keys passed to onEvict',
        [...keys, ...tier.evictions.map(({ key }) => key)],
        entries.map(({ key }) => key),
      );
    },
  },
  {
    name: 'counts concurrent reads exactly',
    rule: 'statistics',
    run: async (trial) => {
      const entries = makeEntries(20);
      const tier = await trial.tierWith(entries);
      const reads = entries.flatMap(({ key }) => [tier.get(key), tier.get(`no ${key}`), tier.getMany([key, 'none'])]);
      await Promise.all(reads);
      const { hits, misses } = tier.statistics;
      trial.same(
        'hits and misses of 40 gets and 20 getMany that run concurrently',
        { hits, misses },
        { hits: 40, misses: 40 },
      );
    },
  },
];

/**
 * Fails unless the results fit one order: the put last and the new entry present, or the delete last and nothing left.
 */
async function deleteAgainstPut(
  trial: Trial,
  tier: ObservedTier,
  old: CacheEntry | undefined,
  fresh: CacheEntry,
  deleteFirst: boolean,
): Promise<void> {
  const { key } = fresh;
  const what = `concurrent delete and put of a key that ${old === undefined ? 'was not' : 'was'} present`;
  const early = deleteFirst ? tier.delete(key) : undefined;
  const stored = await Promise.all([tier.put(fresh), early ?? tier.delete(key)]);
  trial.same(`${what}: put`, stored[0], true);
  const deleted = await (early ?? stored[1]);
  const left = await tier.get(key);
  if (old !== undefined) trial.same(`${what}: delete`, deleted, true);
  // For a key that was not present, a delete that returns true came after the put.
  else trial.same(`${what}: present after a delete that returned ${deleted}`, left !== undefined, !deleted);
  if (left !== undefined) trial.sameEntry(`${what}: entry that is left`, left, fresh);
  trial.same(`${what}: has, as get`, await tier.has(key), left !== undefined);
}

async function expectOneOf(
  trial: Trial,
  tier: ObservedTier,
  versions: readonly CacheEntry[],
  when: string,
  key = 'a',
): Promise<void> {
  const received = await tier.get(key);
  const like = versions.find(({ source }) => source === received?.source) ?? versions.at(-1);
  trial.sameEntry(`get("${key}") ${when}, compared with one of the puts`, received, like);
}

async function expectAllEntries(
  trial: Trial,
  tier: ObservedTier,
  entries: readonly CacheEntry[],
  when: string,
): Promise<void> {
  trial.sameSet(
    `keys ${when}`,
    await tier.keys(),
    entries.map(({ key }) => key),
  );
  trial.same(`size ${when}`, await tier.size(), entries.length);
  for (const entry of entries) trial.sameEntry(`get("${entry.key}") ${when}`, await tier.get(entry.key), entry);
}

export const concurrency: CheckGroup = { name: 'concurrency', checks: () => checks };
