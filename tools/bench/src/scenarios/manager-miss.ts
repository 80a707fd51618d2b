import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { timesFaster } from '../figures/goal.ts';
import { asyncMapFloor } from '../floors/floors.ts';
import { openBento, openCacheable, openCacheManagerPeer, openKeyvSqlite } from '../peers/multi-tier-peers.ts';
import type { Scenario, ScenarioContext } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { openFilledStack, recordOf } from '../set-ups/our-stack.ts';

const PEERS = ['bentocache', 'cacheable', 'cache-manager', 'keyv SQLite'];

export const managerMiss: Scenario = {
  name: 'manager-miss',
  about: 'An awaited get of a key that no tier has (L1 memory, L2 JSON Lines, L3 SQLite), 1,000 entries.',
  goals: PEERS.map((peer) => timesFaster('manager.get', 4, peer)),
  setUp: async (context) => {
    // The peers flush each write, so the short run has few entries.
    const count = context.quick ? 100 : 1000;
    const entries = sampleEntries(count);
    const absent = sampleEntries(count, { first: count, seed: 2 });
    const cache = await openFilledStack(context, entries);
    const bento = await openBento(context, count);
    const cacheable = await openCacheable(context, count);
    const manager = await openCacheManagerPeer(context);
    const keyv = await openKeyvSqlite(context);
    for (const entry of entries) {
      const { key } = entry;
      const value = recordOf(entry, cache);
      await bento.set({ key, value });
      for (const peer of [cacheable, manager, keyv]) await peer.set(key, value);
    }
    const keyOf = (i: number): string => absent[i % count]!.key;
    const select = bareSelect(
      context,
      entries.map(({ key }) => key),
    );
    const file = openSync(join(context.directory, 'bare.db'), 'r');
    context.onFinish(() => closeSync(file));
    const map = new Map(entries.map((entry) => [entry.key, entry]));
    return {
      finds: 'nothing',
      contenders: [
        { name: 'manager.get', role: 'ours', async: true, run: (i) => cache.get(keyOf(i)) },
        { name: 'bentocache', role: 'peer', async: true, run: (i) => bento.get({ key: keyOf(i) }) },
        { name: 'cacheable', role: 'peer', async: true, run: (i) => cacheable.get(keyOf(i)) },
        { name: 'cache-manager', role: 'peer', async: true, run: (i) => manager.get(keyOf(i)) },
        { name: 'keyv SQLite', role: 'peer', async: true, run: (i) => keyv.get(keyOf(i)) },
        { name: 'a prepared SELECT of SQLite', role: 'floor', run: (i) => select.get(keyOf(i)) },
        {
          name: 'a prepared SELECT and an fstat of a file',
          role: 'floor',
          run: (i) => (fstatSync(file).size < 0 ? 0 : select.get(keyOf(i))),
        },
        asyncMapFloor(map, keyOf),
      ],
    };
  },
};

/** A table of keys only, in a database with our settings. */
function bareSelect({ directory, onFinish }: ScenarioContext, keys: readonly string[]) {
  const db = new Database(join(directory, 'bare.db'));
  onFinish(() => db.close());
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec('CREATE TABLE entries (key TEXT PRIMARY KEY, expires_at REAL)');
  const insert = db.prepare('INSERT INTO entries VALUES (?, ?)');
  db.transaction(() => {
    for (const key of keys) insert.run(key, 1e12);
  })();
  return db.prepare('SELECT * FROM entries WHERE key = ?');
}
