import { asyncMapFloor } from '../floors.ts';
import { timesFaster } from '../goal.ts';
import { openFilledStack, recordOf } from '../our-stack.ts';
import { openBento, openCacheable, openCacheManagerPeer, openKeyvSqlite } from '../peers/multi-tier-peers.ts';
import { sampleEntries } from '../sample-record.ts';
import type { Scenario } from '../scenario.ts';

const COUNT = 1000;
const PEERS = ['bentocache', 'cacheable', 'cache-manager', 'keyv SQLite'];

export const managerMiss: Scenario = {
  name: 'manager-miss',
  about: 'An awaited get of a key that no tier holds (L1 memory, L2 JSON Lines, L3 SQLite), 1,000 entries.',
  goals: PEERS.map((peer) => timesFaster('manager.get', 4, peer)),
  setUp: async (context) => {
    const entries = sampleEntries(COUNT);
    const absent = sampleEntries(COUNT, { first: COUNT, seed: 2 });
    const cache = await openFilledStack(context, entries);
    const bento = await openBento(context, COUNT);
    const cacheable = await openCacheable(context, COUNT);
    const manager = await openCacheManagerPeer(context);
    const keyv = await openKeyvSqlite(context);
    for (const entry of entries) {
      const { key } = entry;
      const value = recordOf(entry, cache);
      await bento.set({ key, value });
      for (const peer of [cacheable, manager, keyv]) await peer.set(key, value);
    }
    const keyOf = (i: number): string => absent[i % COUNT]!.key;
    const map = new Map(entries.map((entry) => [entry.key, entry]));
    return {
      finds: 'nothing',
      contenders: [
        { name: 'manager.get', role: 'ours', async: true, run: (i) => cache.get(keyOf(i)) },
        { name: 'bentocache', role: 'peer', async: true, run: (i) => bento.get({ key: keyOf(i) }) },
        { name: 'cacheable', role: 'peer', async: true, run: (i) => cacheable.get(keyOf(i)) },
        { name: 'cache-manager', role: 'peer', async: true, run: (i) => manager.get(keyOf(i)) },
        { name: 'keyv SQLite', role: 'peer', async: true, run: (i) => keyv.get(keyOf(i)) },
        asyncMapFloor(map, keyOf),
      ],
    };
  },
};
