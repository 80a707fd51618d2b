import { CacheEntry } from '@pw/cache-models';
import { expectEntries } from '../assertions/round-trips.ts';
import { makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const keysOf = (entries: readonly CacheEntry[]): string[] => entries.map(({ key }) => key);

/** Fails if a field of a returned entry can be changed. */
async function expectImmutable(
  trial: Trial,
  tier: ObservedTier,
  from: string,
  entry: CacheEntry | undefined,
): Promise<void> {
  trial.holds(`answer of ${from}`, CacheEntry.isCacheEntry(entry), 'a CacheEntry', entry);
  trial.same(`answer of ${from} is frozen`, Object.isFrozen(entry), true);
  const { key, source } = entry!;
  for (const name of ['source', 'expiresAt', 'key', 'password', 'added']) Reflect.set(entry!, name, 'changed');
  trial.same(`source after the answer of ${from} was changed`, (await tier.get(key))?.source, source);
}

const checks: Check[] = [
  {
    name: 'returns entries that cannot be changed',
    rule: 'aliasing',
    run: async (trial) => {
      const stored = makeEntries(3);
      const tier = await trial.tierWith(stored, { config: { maxEntries: 3 } });
      const key = stored[1]!.key;
      await expectImmutable(trial, tier, 'get', await tier.get(key));
      await expectImmutable(trial, tier, 'getMany', (await tier.getMany([key])).get(key));
      await expectImmutable(trial, tier, 'entries', (await tier.entries())[0]);
      await expectImmutable(trial, tier, 'peek', await tier.peek(key));
      if (tier.raw.query !== undefined)
        await expectImmutable(trial, tier, 'query', (await tier.call('query()', () => tier.raw.query!())).entries[0]);
      await expectEntries(trial, tier, stored, 'after changes to returned entries');
      await tier.put(makeEntry('too many'));
      trial.same('the entry passed to onEvict is frozen', Object.isFrozen(tier.evictions[0]?.entry), true);
    },
  },
  {
    name: 'leaves the lists passed to it unchanged',
    rule: 'aliasing',
    run: async (trial) => {
      const entries = ['c', 'a', 'd', 'b', 'a'].map((key) => makeEntry(key));
      const [given, keys] = [Object.freeze([...entries]), Object.freeze(keysOf(entries))];
      const tier = await trial.tier();
      trial.same('putMany of a frozen list', await tier.putMany(given), Array(5).fill(true));
      trial.same('getMany of a frozen list', (await tier.getMany(keys)).size, 4);
      trial.same('deleteMany of a frozen list', await tier.deleteMany(keys), [true, true, true, true, false]);
      const [list, names] = [[...entries], keysOf(entries)];
      await tier.putMany(list);
      await tier.getMany(names);
      await tier.deleteMany(names);
      trial.same('keys of the list passed to putMany', keysOf(list), keysOf(entries));
      trial.same('list passed to getMany and deleteMany', names, keysOf(entries));
    },
  },
  {
    name: 'ignores changes made to a list after the call',
    rule: 'aliasing',
    run: async (trial) => {
      const tier = await trial.tier();
      const entries = makeEntries(5);
      const keys = keysOf(entries);
      const list = [...entries];
      const stored = tier.putMany(list);
      list.splice(0, 5, makeEntry('another'));
      trial.same('putMany of a list that changes meanwhile', await stored, Array(5).fill(true));
      await expectEntries(trial, tier, entries, 'after the list passed to putMany was changed');
      const names = [...keys];
      const found = tier.call('getMany', () => tier.raw.getMany(names));
      names.length = 0;
      trial.same('getMany of a list that is emptied meanwhile', (await found).size, 5);
      tier.observed.hits += 5;
      const wanted = keys.slice(0, 2);
      const gone = tier.deleteMany(wanted);
      wanted.splice(0, 2, ...keys.slice(3));
      trial.same('deleteMany of a list that changes meanwhile', await gone, [true, true]);
      trial.sameSet('keys afterwards', await tier.keys(), keys.slice(2));
    },
  },
  {
    name: 'ignores changes made to an update after recordAccess',
    rule: 'aliasing',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      const update = { key: 'a', hits: 5, lastAccessed: trial.clock.now() + 1 };
      const recorded = tier.recordAccess([update]);
      Object.assign(update, { key: 'b', hits: 99 });
      trial.same('recordAccess of an update that changes meanwhile', await recorded, 1);
      trial.same('accessCount', (await tier.entries())[0]?.accessCount, 5);
    },
  },
  {
    name: 'is unaffected by changes to the Map returned by getMany',
    rule: 'aliasing',
    run: async (trial) => {
      const entries = makeEntries(4);
      const keys = keysOf(entries);
      const tier = await trial.tierWith(entries);
      const found = await tier.getMany(keys);
      found.set(keys[0]!, makeEntry(keys[0]!, { source: 'put into the Map' }));
      found.set('new', makeEntry('new'));
      found.delete(keys[1]!);
      await expectEntries(trial, tier, entries, 'after the Map of getMany was changed');
      (await tier.getMany(keys)).clear();
      trial.same('getMany after its Map was cleared', (await tier.getMany(keys)).size, 4);
      trial.same('size', await tier.size(), 4);
    },
  },
  {
    name: 'is unaffected by changes to the list returned by keys',
    rule: 'aliasing',
    run: async (trial) => {
      const entries = makeEntries(4);
      const tier = await trial.tierWith(entries);
      const keys = await tier.keys();
      keys.push('not-there');
      keys.shift();
      trial.sameSet('keys after the list was changed', await tier.keys(), keysOf(entries));
      (await tier.keys()).length = 0;
      trial.sameSet('keys after the list was emptied', await tier.keys(), keysOf(entries));
      trial.same('size', await tier.size(), 4);
    },
  },
  {
    name: 'returns results that do not change when the tier does',
    rule: 'aliasing',
    run: async (trial) => {
      const old = makeEntry('a', { source: 'old' });
      const tier = await trial.tierWith([old, makeEntry('b')]);
      const [entry, found, keys] = [await tier.get('a'), await tier.getMany(['a', 'b']), await tier.keys()];
      await tier.put(makeEntry('a', { source: 'new' }));
      await tier.delete('b');
      await tier.put(makeEntry('c'));
      trial.sameEntry('entry returned before it was replaced', entry, old);
      trial.sameSet('Map returned by getMany before an entry was deleted', found.keys(), ['a', 'b']);
      trial.sameEntry('entry in the Map returned before it was replaced', found.get('a'), old);
      trial.sameSet('keys returned before one was deleted and one added', keys, ['a', 'b']);
    },
  },
  {
    name: 'is unaffected by changes to its statistics object',
    rule: 'aliasing',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      await tier.get('a');
      const counts = tier.statistics;
      for (const name of ['hits', 'misses', 'currentSize', 'evictionsLru', 'evictionsTtl'])
        Reflect.set(counts, name, 999);
      await tier.get('b');
      const { hits, misses, currentSize, evictionsLru, evictionsTtl } = tier.statistics;
      const received = { hits, misses, currentSize, evictionsLru, evictionsTtl };
      const expected = { hits: 1, misses: 1, currentSize: 1, evictionsLru: 0, evictionsTtl: 0 };
      trial.same('statistics after a snapshot of them was changed', received, expected);
    },
  },
  {
    name: 'is unaffected by changes to its configuration and capabilities objects',
    rule: 'aliasing',
    run: async (trial) => {
      const config = { enabled: true, maxEntries: 2, evictionPolicy: 'fifo' as const };
      const tier = await trial.tier({ config });
      await tier.open();
      const { capabilities } = tier.raw;
      const claims = { ...capabilities };
      Object.assign(config, { enabled: false, maxEntries: 99, evictionPolicy: 'lru' });
      Reflect.set(tier.raw.config, 'maxEntries', 99);
      for (const name of Object.keys(claims)) Reflect.set(capabilities, name, 'changed');
      trial.same('capabilities after a change from outside', { ...tier.raw.capabilities }, claims);
      trial.same('config.maxEntries after a change from outside', tier.raw.config.maxEntries, 2);
      for (const entry of makeEntries(3)) await tier.put(entry);
      trial.same('size after 3 puts with maxEntries 2', await tier.size(), 2);
    },
  },
];

export const aliasing: CheckGroup = { name: 'aliasing', checks: () => checks };
