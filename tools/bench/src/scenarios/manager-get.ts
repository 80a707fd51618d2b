import { copyEntry } from '@pw/cache-models/tier';
import { LRUCache } from 'lru-cache';
import { atMost, timesFaster } from '../figures/goal.ts';
import { asyncMapFloor, countedMapFloor, expiringMapFloor, mapFloor } from '../floors/floors.ts';
import { openBento, openCacheable, openCacheManagerPeer, openKeyvSqlite } from '../peers/multi-tier-peers.ts';
import type { Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { seededRandom, uniformIndices, zipfIndices } from '../samples/random.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { openFilledStack, recordOf, steadyPart } from '../set-ups/our-stack.ts';

/** The peers flush each write, so the short run has few entries. */
const COUNT = { full: 1000, quick: 100 };
const SEQUENCE = 2 ** 16;
const BENTO = 'bentocache, memory + SQLite';
const CACHEABLE = 'cacheable, memory + keyv SQLite';
const CACHE_MANAGER = 'cache-manager, keyv memory + SQLite';
const KEYV = 'keyv SQLite, no memory';

const HIT_FLOOR = `The time of bentocache depends on the runtime: about 40 times the floor on Node.js 20, where its
tracing channels are slow, and about 10 times on 22 and later. On those versions, no awaited function can be 12 times
faster than bentocache.

*By hand* is the least that a hit must do for its caller: read the clock, and count the access in the entry that it
returns.`;

const countOf = ({ quick }: ScenarioContext): number => (quick ? COUNT.quick : COUNT.full);
const SPREADS = { uniform: uniformIndices, zipf: zipfIndices };

function getL1(spread: keyof typeof SPREADS): Scenario {
  return {
    name: `manager-get-l1-${spread}`,
    about: `An awaited get answered by L1, three tiers configured, 1,000 entries, ${spread} access.`,
    goals: [
      atMost('manager.get', 1.7, 'await of async Map.get'),
      timesFaster('manager.get', 6, BENTO),
      timesFaster('manager.get', 12, CACHEABLE),
      timesFaster('manager.get', 12, CACHE_MANAGER),
    ],
    why: HIT_FLOOR,
    setUp: (context) => hitContest(context, spread),
  };
}

async function hitContest(context: ScenarioContext, spread: keyof typeof SPREADS): Promise<Contest> {
  const count = countOf(context);
  const entries = sampleEntries(count);
  const indices = SPREADS[spread](count, SEQUENCE, seededRandom(3));
  const cache = await openFilledStack(context, entries);
  const [bento, cacheable, manager, keyv] = await Promise.all([
    openBento(context, count),
    openCacheable(context, count),
    openCacheManagerPeer(context),
    openKeyvSqlite(context),
  ]);
  const map = new Map(entries.map((entry) => [entry.key, entry]));
  for (const entry of entries) {
    const { key } = entry;
    const value = recordOf(entry, cache);
    await bento.set({ key, value });
    for (const peer of [cacheable, manager, keyv]) await peer.set(key, value);
  }
  const keys = entries.map(({ key }) => key);
  const keyOf = (i: number): string => keys[indices[i & (SEQUENCE - 1)]!]!;
  const probe = keys[0]!;
  return {
    finds: 'value',
    expected: steadyPart(recordOf(entries[0]!, cache)),
    contenders: [
      {
        name: 'manager.get',
        role: 'ours',
        async: true,
        run: (i) => cache.get(keyOf(i)),
        answer: async () => steadyPart(recordOf((await cache.get(probe))!, cache)),
      },
      {
        name: BENTO,
        role: 'peer',
        async: true,
        run: (i) => bento.get({ key: keyOf(i) }),
        answer: async () => steadyPart(await bento.get({ key: probe })),
      },
      {
        name: CACHEABLE,
        role: 'peer',
        async: true,
        run: (i) => cacheable.get(keyOf(i)),
        answer: async () => steadyPart(await cacheable.get(probe)),
      },
      {
        name: CACHE_MANAGER,
        role: 'peer',
        async: true,
        run: (i) => manager.get(keyOf(i)),
        answer: async () => steadyPart(await manager.get(probe)),
      },
      {
        name: KEYV,
        role: 'peer',
        async: true,
        run: (i) => keyv.get(keyOf(i)),
        answer: async () => steadyPart(await keyv.get(probe)),
      },
      asyncMapFloor(map, keyOf),
      countedMapFloor(new Map(entries.map((entry) => [entry.key, copyEntry(entry)])), keyOf),
    ],
  };
}

export const getL1Uniform = getL1('uniform');
export const getL1Zipf = getL1('zipf');

export const managerPeek: Scenario = {
  name: 'manager-peek',
  about: 'A synchronous peek answered by L1, three tiers configured, 1,000 entries, uniform access.',
  goals: [atMost('manager.peek', 1.6, 'lru-cache'), timesFaster('manager.peek', 30, BENTO)],
  setUp: async (context) => {
    const count = countOf(context);
    const entries = sampleEntries(count);
    const indices = uniformIndices(count, SEQUENCE, seededRandom(3));
    const cache = await openFilledStack(context, entries);
    const bento = await openBento(context, count);
    const lru = new LRUCache<string, object>({ max: count });
    const records = entries.map((entry) => recordOf(entry, cache));
    for (const value of records) {
      await bento.set({ key: value.key, value });
      lru.set(value.key, value);
    }
    const keyOf = (i: number): string => entries[indices[i & (SEQUENCE - 1)]!]!.key;
    const probe = entries[0]!.key;
    return {
      finds: 'value',
      expected: steadyPart(records[0]),
      contenders: [
        {
          name: 'manager.peek',
          role: 'ours',
          run: (i) => cache.peek(keyOf(i)),
          answer: () => steadyPart(recordOf(cache.peek(probe)!, cache)),
        },
        { name: 'lru-cache', role: 'peer', run: (i) => lru.get(keyOf(i)), answer: () => steadyPart(lru.get(probe)) },
        {
          name: BENTO,
          role: 'peer',
          async: true,
          run: (i) => bento.get({ key: keyOf(i) }),
          answer: async () => steadyPart(await bento.get({ key: probe })),
        },
        mapFloor(new Map(records.map((record) => [record.key, record])), keyOf),
        expiringMapFloor(new Map(entries.map((entry) => [entry.key, entry])), keyOf),
      ],
    };
  },
};

export const managerHotKey: Scenario = {
  name: 'manager-hot-key',
  about: 'An awaited get answered by L1 when one key takes every access, compared with uniform access.',
  goals: [atMost('one key', 2, 'uniform')],
  setUp: async (context) => {
    const count = countOf(context);
    const entries = sampleEntries(count);
    const indices = uniformIndices(count, SEQUENCE, seededRandom(3));
    const cache = await openFilledStack(context, entries);
    const keyOf = (i: number): string => entries[indices[i & (SEQUENCE - 1)]!]!.key;
    const hot = entries[count >> 1]!.key;
    const answer = async () => steadyPart(recordOf((await cache.get(hot))!, cache));
    return {
      finds: 'value',
      expected: steadyPart(recordOf(entries[count >> 1]!, cache)),
      contenders: [
        { name: 'one key', role: 'ours', async: true, run: () => cache.get(hot), answer },
        { name: 'uniform', role: 'ours', async: true, run: (i) => cache.get(keyOf(i)), answer },
      ],
    };
  },
};
