import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { expectEntries } from '../assertions/round-trips.ts';
import { ALIKE, MEANINGFUL } from '../samples/hostile-strings.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const ALL = [...new Set([...Object.values(ALIKE).flat(), ...MEANINGFUL])];

/** A distinct entry for each key. */
function entriesOf(keys: readonly string[]): CacheEntry[] {
  return keys.map((key, at) => makeEntry(key, { source: `of key ${at}`, failureCount: at }));
}

/** Fails unless each key finds its own entry, and deleting one key leaves the others. */
async function expectDistinct(trial: Trial, keys: readonly string[]): Promise<void> {
  const entries = entriesOf(keys);
  const tier = await trial.tierWith(entries);
  await expectEntries(trial, tier, entries, 'beside similar keys');
  trial.sameSet('keys', await tier.keys(), keys);
  trial.same('size', await tier.size(), keys.length);
  for (const [at, key] of keys.entries()) {
    const name = JSON.stringify(key).slice(0, 40);
    trial.same(`has(${name})`, await tier.has(key), true);
    trial.same(`delete(${name})`, await tier.delete(key), true);
    trial.same(`has(${name}) after its delete`, await tier.has(key), false);
    trial.sameSet(`keys after delete(${name})`, await tier.keys(), keys.slice(at + 1));
  }
}

const alike: Check[] = Object.entries(ALIKE).map(([how, keys]) => ({
  name: `distinguishes keys that differ ${how}`,
  rule: 'keys',
  run: (trial) => expectDistinct(trial, keys),
}));

const others: Check[] = [
  {
    name: 'accepts keys that have a special meaning elsewhere',
    rule: 'keys',
    run: (trial) => expectDistinct(trial, MEANINGFUL),
  },
  {
    name: 'finds nothing under an unusual key that was never stored',
    rule: 'keys',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      const odd = ALL.filter((key) => key !== 'a');
      for (const key of odd) {
        trial.same(`get(${JSON.stringify(key).slice(0, 40)}) of a tier with only "a"`, await tier.get(key), undefined);
        trial.same(`has(${JSON.stringify(key).slice(0, 40)}) of a tier with only "a"`, await tier.has(key), false);
      }
      trial.same('entries found by getMany', (await tier.getMany(odd)).size, 0);
      trial.same('entries removed by deleteMany', (await tier.deleteMany(odd)).filter(Boolean).length, 0);
      trial.same('keys afterwards', await tier.keys(), ['a']);
    },
  },
  {
    name: 'keeps unusual keys apart in batches',
    rule: 'keys',
    run: async (trial) => {
      const entries = entriesOf(ALL);
      const tier = await trial.tier();
      trial.same('putMany', await tier.putMany(entries), Array(ALL.length).fill(true));
      await expectEntries(trial, tier, entries, 'after putMany');
      const gone = ALL.filter((_, at) => at % 2 === 0);
      trial.same('deleteMany of every other key', await tier.deleteMany(gone), Array(gone.length).fill(true));
      await expectEntries(
        trial,
        tier,
        entries.filter((_, at) => at % 2 === 1),
        'after deleteMany of the others',
      );
    },
  },
  {
    name: 'does not treat a key as a pattern',
    rule: 'keys',
    run: async (trial) => {
      const entries = entriesOf(['a', 'ab', 'abc', 'b', 'a/b', 'a:b']);
      const tier = await trial.tierWith(entries);
      const patterns = [
        '%',
        '_',
        'a%',
        '__',
        '*',
        'a*',
        '?',
        '??',
        '.*',
        '.',
        '[ab]',
        '^a',
        'a|b',
        'a/',
        'a:',
        'a:*',
        '',
      ];
      for (const pattern of patterns) {
        trial.same(`get("${pattern}")`, await tier.get(pattern), undefined);
        trial.same(`has("${pattern}")`, await tier.has(pattern), false);
        trial.same(`delete("${pattern}")`, await tier.delete(pattern), false);
        const update = { key: pattern, hits: 9, lastAccessed: trial.clock.now() };
        trial.same(`recordAccess of "${pattern}"`, await tier.recordAccess([update]), 0);
      }
      trial.same('deleteMany of patterns', await tier.deleteMany(patterns), Array(patterns.length).fill(false));
      await expectEntries(trial, tier, entries, 'after deletes of patterns');
    },
  },
  {
    name: 'lists and clears only its own store',
    rule: 'clears',
    run: async (trial) => {
      const tiers = new Map<string, ObservedTier>();
      for (const name of ['store', 'store_', 'store%', 'storeX', 'Store', 'stor']) {
        const directory = join(trial.directory, name === 'Store' ? 'other' : name);
        await mkdir(directory);
        tiers.set(name, await trial.tierWith([makeEntry(`key of ${name}`)], { directory }));
      }
      for (const [name, tier] of tiers) {
        trial.same(`keys in folder "${name}"`, await tier.keys(), [`key of ${name}`], 'lists');
        trial.same(`size in folder "${name}"`, await tier.size(), 1, 'lists');
      }
      trial.same('clear in folder "store_"', await tiers.get('store_')!.clear(), 1);
      trial.same('clear in folder "store%"', await tiers.get('store%')!.clear(), 1);
      trial.same('clear in folder "stor"', await tiers.get('stor')!.clear(), 1);
      for (const name of ['store', 'storeX', 'Store'])
        trial.same(`keys in folder "${name}" after others were cleared`, await tiers.get(name)!.keys(), [
          `key of ${name}`,
        ]);
    },
  },
  {
    name: 'does not confuse a lone surrogate with another character',
    rule: 'keys',
    run: async (trial) => {
      const entries = entriesOf(['\ufffd', '\ufffd\ufffd\ufffd', '?', '🔑', 'a']);
      const tier = await trial.tierWith(entries);
      for (const key of ['\ud83d', '\udd11', 'a\ud800', '\udd11\ud83d']) {
        const name = JSON.stringify(key);
        trial.same(`get(${name}), never stored`, await tier.get(key), undefined);
        trial.same(`has(${name}), never stored`, await tier.has(key), false);
        trial.same(`getMany([${name}]), never stored`, (await tier.getMany([key])).size, 0);
        trial.same(`delete(${name}), never stored`, await tier.delete(key), false);
        await refusesOrKeeps(trial, tier, CacheEntry.restore({ ...makeEntry('x').toFields(), key, source: 'lone' }));
        trial.same(`deleteMany([${name}])`, (await tier.deleteMany([key])).length, 1);
      }
      await expectEntries(trial, tier, entries, 'after keys with lone surrogates');
      trial.same('failureCount', tier.raw.failureCount, 0, 'arguments');
    },
  },
];

/** CacheEntry.create refuses such a key, but an entry from elsewhere may have one: it is refused, or kept exactly. */
async function refusesOrKeeps(trial: Trial, tier: ObservedTier, entry: CacheEntry): Promise<void> {
  const name = JSON.stringify(entry.key);
  let stored: boolean;
  try {
    stored = await tier.put(entry);
  } catch {
    await trial.refuses(`put(${name})`, () => tier.put(entry), 'keys');
    return;
  }
  if (!stored) return;
  trial.sameEntry(`get(${name}) after its put`, await tier.get(entry.key), entry);
  trial.holds(`keys after put(${name})`, (await tier.keys()).includes(entry.key), name, await tier.keys());
}

const reopened: Check = {
  name: 'keeps unusual keys when it is reopened',
  rule: 'persistent',
  run: async (trial) => {
    const entries = entriesOf(ALL);
    const first = await trial.tier();
    await first.putMany(entries);
    await first.close();
    await expectEntries(trial, await trial.tier(), entries, 'after the store was opened again');
  },
};

export const hostileKeys: CheckGroup = {
  name: 'hostile keys',
  checks: ({ capabilities }: Claims) => [...alike, ...others, ...(capabilities.persistent ? [reopened] : [])],
};
