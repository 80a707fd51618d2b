import { atMost, timesFaster } from '../figures/goal.ts';
import type { Contender, Scenario } from '../run/scenario.ts';
import { withAccess } from '../samples/with-access.ts';
import { type DiskData, type DiskStores, diskData, openDiskStores } from '../set-ups/disk-contest.ts';
import { steadyPart } from '../set-ups/our-stack.ts';

const COUNT = 10_000;
const QUICK_COUNT = 200;
/** Slow stores write one record after the other, so a part of the batch shows the cost of one. */
const SLOW_SHARE = 20;

/** A batch stored over itself in one call; the figure is the time per record. */
export const diskBatch: Scenario = {
  name: 'disk-batch',
  about: 'One record of a batch of 10,000, stored in one call over existing records, credentials already sealed.',
  goals: [
    atMost('tier-jsonl', 1, 'keyv SQLite'),
    atMost('tier-sqlite', 1, 'keyv SQLite'),
    timesFaster('tier-jsonl', 4, 'unstorage fs'),
  ],
  why: `keyv 6 stores a batch in one transaction, one string per record; keyv 5 made a commit with a flush for each,
which took over 50 times as long.`,
  setUp: async (context) => {
    const data = diskData(context.quick ? QUICK_COUNT : COUNT);
    const stores = await openDiskStores(context, data);
    return { finds: 'value', contenders: batchContenders(stores, data) };
  },
};

function batchContenders(stores: DiskStores, { entries, records, recordOf }: DiskData): Contender[] {
  const { jsonl, sqlite, lmdb, level, unstorage, keyv } = stores;
  const few = records.slice(0, Math.ceil(records.length / SLOW_SHARE));
  const items = records.length;
  const last = steadyPart(records.at(-1));
  const stored = (record: unknown): true | undefined =>
    JSON.stringify(record) === JSON.stringify(last) ? true : undefined;
  const { key } = records.at(-1)!;
  const accessedAt = (i: number) => entries.map((entry) => withAccess(entry, 1_800_000_000_000 + i));
  const changed = (i: number, all = records) => all.map((record) => ({ ...record, access_count: i }));
  return [
    {
      name: 'tier-jsonl',
      role: 'ours',
      async: true,
      items,
      run: async (i) => {
        await jsonl.putMany(accessedAt(i));
        return stored(recordOf(await jsonl.get(key)));
      },
    },
    {
      name: 'tier-sqlite',
      role: 'ours',
      items,
      run: (i) => {
        sqlite.putMany(accessedAt(i));
        return stored(recordOf(sqlite.get(key)));
      },
    },
    {
      name: 'lmdb, no flush',
      role: 'peer',
      items,
      run: (i) => {
        lmdb.transactionSync(() => {
          for (const record of changed(i)) lmdb.putSync(record.key, record);
        });
        return stored(steadyPart(lmdb.get(key)));
      },
    },
    {
      name: 'classic-level',
      role: 'peer',
      async: true,
      items,
      run: async (i) => {
        await level.batch(changed(i).map((value) => ({ type: 'put', key: value.key, value })));
        return stored(steadyPart(await level.get(key)));
      },
    },
    {
      name: 'unstorage fs',
      role: 'peer',
      async: true,
      items: few.length,
      maxRuns: 1,
      run: async (i) => {
        await unstorage.setItems(changed(i, few).map((value) => ({ key: value.key, value })));
        return (await unstorage.getItem(few[0]!.key)) ?? undefined;
      },
    },
    {
      name: 'keyv SQLite',
      role: 'peer',
      async: true,
      items: few.length,
      maxRuns: 1,
      run: async (i) => {
        await keyv.setMany(changed(i, few).map((value) => ({ key: value.key, value })));
        return keyv.get(few[0]!.key);
      },
    },
  ];
}
