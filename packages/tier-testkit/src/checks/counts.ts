import type { CacheEntry } from '@pw/cache-models';
import { entryOfAnotherCopy } from '../samples/entry-of-another-copy.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import { plainEntry } from '../trial/plain-entry.ts';
import { subFolder } from '../trial/sub-folder.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** The two counts of an entry at this moment, which a later get may change. */
function countsOf(entry: CacheEntry | undefined): readonly [accessCount?: number, lastAccessed?: number] {
  return entry === undefined ? [] : [entry.accessCount, entry.lastAccessed];
}

/** The entry of a key that `entries` lists, without a trace. */
async function listed(tier: ObservedTier, key: string): Promise<CacheEntry | undefined> {
  return (await tier.entries()).find((entry) => entry.key === key);
}

/** A read of one entry; `counts` is true if it is an access. */
interface Read {
  readonly name: string;
  readonly counts: boolean;
  readonly read: (tier: ObservedTier, key: string) => Promise<CacheEntry | undefined>;
}

const READS: readonly Read[] = [
  { name: 'get', counts: true, read: (tier, key) => tier.get(key) },
  { name: 'getMany', counts: true, read: async (tier, key) => (await tier.getMany([key, key])).get(key) },
  { name: 'entries', counts: false, read: listed },
];
const OPTIONAL_READS: readonly (Read & { readonly name: 'getNow' | 'peek' | 'query' })[] = [
  { name: 'getNow', counts: true, read: (tier, key) => tier.getNow(key) },
  { name: 'peek', counts: false, read: (tier, key) => tier.peek(key) },
  {
    name: 'query',
    counts: false,
    read: async (tier, key) => (await tier.query()).entries.find((entry) => entry.key === key),
  },
];

/** Every read that the tier has. */
function readsOf({ raw }: ObservedTier): readonly Read[] {
  return [...READS, ...OPTIONAL_READS.filter(({ name }) => raw[name] !== undefined)];
}

function check(name: string, run: (trial: Trial) => Promise<void>): Check {
  return { name, rule: 'counts', run };
}

/** The checks of a tier that claims `countsAccesses`. */
const counting: Check[] = [
  check('returns the same object from every read', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a')]);
    const first = await tier.get('a');
    for (const { name, read } of readsOf(tier)) {
      const entry = await read(tier, 'a');
      trial.holds(`answer of ${name}`, entry === first, 'the object that get returned', 'another object');
    }
  }),
  check('counts an access in the entry that it returns', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a', { accessCount: 40 })]);
    let expected = 40;
    for (const { name, counts: isAccess, read } of readsOf(tier)) {
      const before = countsOf(await listed(tier, 'a'));
      trial.clock.advance(1.5);
      const received = countsOf(await read(tier, 'a'));
      if (isAccess) expected++;
      const wanted = isAccess ? [expected, trial.clock.now()] : before;
      trial.same(`accessCount and lastAccessed in the answer of ${name}`, received, wanted);
      trial.same(`accessCount and lastAccessed after ${name}`, countsOf(await listed(tier, 'a')), wanted);
    }
  }),
  check('counts no access for has, keys and size, nor for another key', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a', { accessCount: 40 }), makeEntry('b')]);
    const before = countsOf(await listed(tier, 'a'));
    trial.clock.advance(1000);
    await tier.has('a');
    await tier.keys();
    await tier.size();
    await tier.get('b');
    await tier.get('never');
    trial.same('accessCount and lastAccessed of "a"', countsOf(await listed(tier, 'a')), before);
  }),
  check('never sets lastAccessed back', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a')]);
    trial.clock.advance(1000);
    const latest = trial.clock.now();
    await tier.get('a');
    trial.clock.set(latest - 500);
    trial.same('accessCount and lastAccessed after an earlier get', countsOf(await tier.get('a')), [2, latest]);
  }),
  check('counts no access of an expired entry', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
    const found = [await tier.get('a'), await tier.get('b')];
    const before = found.map(countsOf);
    trial.clock.advance(HOUR);
    trial.same('get at the deadline', await tier.get('a'), undefined, 'expires');
    trial.same('getMany at the deadline', (await tier.getMany(['b'])).size, 0, 'expires');
    trial.same('counts of the entries returned before', found.map(countsOf), before);
  }),
  check('adds the hits passed to recordAccess to its own', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a', { accessCount: 40 })]);
    if (tier.raw.recordAccess === undefined) return;
    const start = trial.clock.now();
    for (const [hits, after, expected] of [
      [5, 10, [45, start + 10]],
      [0, 20, [45, start + 20]],
      [7, 5, [52, start + 20]],
    ] as const) {
      await tier.recordAccess([{ key: 'a', hits, lastAccessed: start + after }]);
      const what = `accessCount and lastAccessed after recordAccess of ${hits} hits at ${after} ms`;
      trial.same(what, countsOf(await listed(tier, 'a')), expected);
    }
    trial.clock.advance(1000);
    trial.same('counts in the next get', countsOf(await tier.get('a')), [53, trial.clock.now()]);
  }),
  check('begins with the counts of the entry that is put', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a', { accessCount: 40 })]);
    trial.clock.advance(1000);
    const kept = await tier.get('a');
    const [count, time] = countsOf(kept);
    await tier.put(makeEntry('a', { source: 'new', accessCount: 2 }));
    const other = countsOf(await listed(tier, 'a'));
    trial.same('counts after a put of another entry', other, [2, makeEntry('a').lastAccessed]);
    await tier.get('a');
    trial.same('counts of the replaced entry after a get of its key', countsOf(kept), [count, time]);
    await tier.putMany([kept!]);
    trial.same('counts after the replaced entry was put again', countsOf(await listed(tier, 'a')), [count, time]);
  }),
  check('passes an evicted entry to onEvict with its counts', async (trial) => {
    const tier = await trial.tierWith([makeEntry('a', { accessCount: 40 })], { config: { maxEntries: 1 } });
    trial.clock.advance(1000);
    const now = trial.clock.now();
    await tier.get('a');
    await tier.get('a');
    await tier.put(makeEntry('b'));
    trial.same('counts of the entry passed to onEvict', countsOf(tier.evictions[0]?.entry), [42, now]);
  }),
  ...(['put', 'putMany'] as const).map((method) =>
    check(`counts an entry apart from another tier that has it, after ${method}`, async (trial) => {
      const entry = makeEntry('a');
      const first = await trial.tierWith([entry]);
      const second = await trial.tier({ directory: await subFolder(trial, 'second') });
      if (method === 'put') await second.put((await first.get('a'))!);
      else await second.putMany([(await first.get('a'))!]);
      await first.get('a');
      await second.get('a');
      await second.get('a');
      trial.same('accessCount in the first tier, after 2 gets', (await listed(first, 'a'))?.accessCount, 2);
      trial.same('accessCount in the second tier: 1 when put, and 2 gets', (await listed(second, 'a'))?.accessCount, 3);
    }),
  ),
  check('counts accesses of an entry of another copy of the models in a copy', async (trial) => {
    const foreign = entryOfAnotherCopy(makeEntry('a', { accessCount: 40 }));
    const tier = await trial.tierWith([foreign]);
    await tier.get('a');
    trial.same('accessCount after a put and 2 gets', (await tier.get('a'))?.accessCount, 42);
    trial.same('accessCount of the entry that was put', foreign.accessCount, 40);
    trial.sameEntry('the copy', await tier.get('a'), foreign);
  }),
];

/** The checks of a tier that does not. */
const silent: Check[] = [
  check('changes no counts when it is read', async (trial) => {
    const stored = makeEntries(3).map((entry) => entry.with({ accessCount: 40 }));
    const before = stored.map(plainEntry);
    const tier = await trial.tierWith(stored, { config: { maxEntries: 3 } });
    trial.clock.advance(1000);
    for (const { name, read } of readsOf(tier)) {
      for (const { key } of stored) await tier.has(key);
      const received = [];
      for (const { key } of stored) received.push(await read(tier, key));
      trial.same(`entries in the answers of ${name}`, received.map(plainEntry), before);
      trial.same(`entries that were put, after ${name}`, stored.map(plainEntry), before);
      trial.same(`entries in the tier after ${name}`, (await tier.getMany(stored.map(({ key }) => key))).size, 3);
    }
    await tier.put(makeEntry('too many'));
    const [eviction] = tier.evictions;
    const wanted = before.find((entry) => entry?.['key'] === eviction?.key);
    trial.same('the entry passed to onEvict', plainEntry(eviction?.entry), wanted);
  }),
];

export const counts: CheckGroup = {
  name: 'counts',
  checks: ({ capabilities }) => (capabilities.countsAccesses ? counting : silent),
};
