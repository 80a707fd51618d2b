import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const MANY = 2000;

const checks: Check[] = [
  {
    name: 'returns an empty result for an empty batch',
    rule: 'batches',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      trial.same('getMany([])', await tier.getMany([]), new Map());
      trial.same('putMany([])', await tier.putMany([]), []);
      trial.same('deleteMany([])', await tier.deleteMany([]), []);
      trial.same('keys afterwards', await tier.keys(), ['a']);
    },
  },
  {
    name: 'finds exactly the requested entries in getMany',
    rule: 'batches',
    run: async (trial) => {
      const entries = makeEntries(20);
      const tier = await trial.tierWith(entries);
      const wanted = [entries[17]!, entries[3]!, entries[9]!];
      const found = await tier.getMany(['never', entries[17]!.key, entries[3]!.key, 'nowhere', entries[9]!.key]);
      trial.holds('answer of getMany', found instanceof Map, 'a Map', found);
      trial.sameSet('keys found, of 3 present and 2 missing ones', found.keys(), keysOf(wanted));
      for (const entry of wanted) trial.sameEntry(`"${entry.key}" of getMany`, found.get(entry.key), entry);
      trial.same('getMany of missing keys only', (await tier.getMany(['never', 'nowhere'])).size, 0);
    },
  },
  {
    name: 'counts a repeated key of getMany once',
    rule: 'batches',
    run: async (trial) => {
      const entry = makeEntry('a');
      const tier = await trial.tierWith([entry]);
      const found = await tier.getMany(['a', 'b', 'a', 'b', 'a']);
      trial.same('keys found by getMany(["a", "b", "a", "b", "a"])', [...found.keys()], ['a']);
      trial.sameEntry('"a" of getMany', found.get('a'), entry);
      trial.same('hits', tier.statistics.hits, 1, 'statistics');
      trial.same('misses', tier.statistics.misses, 1, 'statistics');
    },
  },
  {
    name: 'hides expired entries from getMany and deleteMany',
    rule: 'expires',
    run: async (trial) => {
      const expiresAt = trial.clock.now() + 10;
      const tier = await trial.tierWith([
        makeEntry('short', { expiresAt }),
        makeEntry('brief', { expiresAt }),
        makeEntry('long'),
      ]);
      trial.clock.advance(10);
      trial.same('keys found', [...(await tier.getMany(['short', 'long', 'never'])).keys()], ['long']);
      trial.same('deleteMany(["brief", "long"])', await tier.deleteMany(['brief', 'long']), [false, true]);
      trial.same('size afterwards', await tier.size(), 0);
    },
  },
  {
    name: 'stores every entry of putMany',
    rule: 'batches',
    run: async (trial) => {
      const entries = makeEntries(30);
      const tier = await trial.tierWith([entries[4]!, makeEntry('other')]);
      trial.same('putMany of 30', await tier.putMany(entries), Array(30).fill(true));
      const found = await tier.getMany(keysOf(entries));
      for (const entry of entries) trial.sameEntry(`"${entry.key}" after putMany`, found.get(entry.key), entry);
      trial.sameSet('keys', await tier.keys(), [...keysOf(entries), 'other']);
    },
  },
  {
    name: 'keeps the last entry of putMany for a repeated key',
    rule: 'batches',
    run: async (trial) => {
      const tier = await trial.tier();
      const [first, second] = [makeEntry('a', { source: 'first' }), makeEntry('a', { source: 'second' })];
      trial.same('putMany of "a", "b", "a"', await tier.putMany([first, makeEntry('b'), second]), [true, true, true]);
      trial.sameEntry('get("a")', await tier.get('a'), second);
      trial.same('size', await tier.size(), 2);
    },
  },
  {
    name: 'applies the new deadline when putMany replaces an entry',
    rule: 'overwrites',
    run: async (trial) => {
      const soon = trial.clock.now() + 10;
      const tier = await trial.tierWith([makeEntry('longer', { expiresAt: soon }), makeEntry('shorter')]);
      await tier.putMany([makeEntry('longer'), makeEntry('shorter', { expiresAt: soon })]);
      trial.clock.advance(10);
      trial.same('keys at the old deadline of one and the new deadline of the other', await tier.keys(), ['longer']);
      trial.clock.advance(HOUR - 10);
      trial.same('keys an hour later', await tier.keys(), []);
    },
  },
  {
    name: 'returns the results of deleteMany in the order of its keys',
    rule: 'batches',
    run: async (trial) => {
      const tier = await trial.tierWith(['a', 'b', 'c', 'd'].map((key) => makeEntry(key)));
      const answers = await tier.deleteMany(['never', 'c', 'a', 'nowhere', 'c', 'b']);
      trial.same('deleteMany(["never", "c", "a", "nowhere", "c", "b"])', answers, [
        ...[false, true, true],
        ...[false, false, true],
      ]);
      trial.same('keys afterwards', await tier.keys(), ['d']);
    },
  },
  {
    name: `handles a batch of ${MANY} entries`,
    rule: 'batches',
    run: async (trial) => {
      const tier = await trial.tier();
      const entries = makeEntries(MANY);
      const keys = keysOf(entries);
      trial.same(`putMany of ${MANY}`, (await tier.putMany(entries)).filter(Boolean).length, MANY);
      trial.same('size', await tier.size(), MANY);
      const found = await tier.getMany(keys);
      trial.same(`getMany of ${MANY}`, found.size, MANY);
      for (const at of [0, 499, 500, 998, 999, 1000, MANY - 1])
        trial.sameEntry(`entry ${at} of getMany`, found.get(keys[at]!), entries[at]);
      trial.same('entries()', (await tier.entries()).length, MANY);
      trial.sameSet('keys', await tier.keys(), keys);
      const gone = keys.filter((_, at) => at % 2 === 0);
      trial.same(`deleteMany of ${gone.length}`, (await tier.deleteMany(gone)).filter(Boolean).length, gone.length);
      trial.sameSet(
        'keys afterwards',
        await tier.keys(),
        keys.filter((_, at) => at % 2 === 1),
      );
      trial.same('clear', await tier.clear(), MANY / 2);
    },
  },
];

const keysOf = (entries: readonly { readonly key: string }[]): string[] => entries.map(({ key }) => key);

/** A batch must be as durable as a single put. */
const reopened: Check = {
  name: 'keeps the effects of putMany and deleteMany when it is reopened',
  rule: 'persistent',
  run: async (trial) => {
    const entries = makeEntries(30);
    const first = await trial.tier();
    await first.putMany(entries);
    await first.deleteMany(keysOf(entries.slice(20)));
    await first.close();
    const second = await trial.tier();
    trial.sameSet('keys', await second.keys(), keysOf(entries.slice(0, 20)));
    trial.sameEntry('get of an entry', await second.get(entries[7]!.key), entries[7]);
  },
};

export const batches: CheckGroup = {
  name: 'batches',
  checks: ({ capabilities }: Claims) => [...checks, ...(capabilities.persistent ? [reopened] : [])],
};
