import { atMost, timesFaster } from '../figures/goal.ts';
import type { Contender, Contest, Scenario } from '../run/scenario.ts';
import { accessed } from '../samples/accessed.ts';
import { type DiskData, type DiskStores, diskData, fillDiskStores, openDiskStores } from '../set-ups/disk-contest.ts';
import { steadyPart } from '../set-ups/our-stack.ts';

const COUNT = 10_000;
const QUICK_COUNT = 300;

const WHY = `lmdb maps its file into memory and reads it without a system call; beyond that, ours verifies the
checksum of each record and creates a CacheEntry. keyv stores a record as one string, which SQLite returns in a
quarter of the time of our 35 columns, and parses it; the columns make our database queryable and compatible with
ProxyWhirl.`;

/** One record of a store on disk by its key: our tiers and their alternatives. */
export const diskGet: Scenario = {
  name: 'disk-get',
  about: 'One record of 10,000 by its key, uniform access: stores on disk, no memory in front.',
  why: WHY,
  goals: [
    timesFaster('tier-jsonl', 4, 'keyv SQLite'),
    timesFaster('tier-jsonl', 10, 'unstorage fs'),
    atMost('tier-sqlite', 1.25, 'keyv SQLite'),
  ],
  setUp: async (context) => {
    const data = diskData(context.quick ? QUICK_COUNT : COUNT);
    const stores = await openDiskStores(context, data);
    await fillDiskStores(stores, data);
    return { finds: 'value', expected: steadyPart(data.records[0]), contenders: getContenders(stores, data) };
  },
};

function getContenders(stores: DiskStores, { records, entries, indexOf, recordOf }: DiskData): Contender[] {
  const { jsonl, sqlite, lmdb, level, unstorage, keyv } = stores;
  const keyOf = (i: number): string => entries[indexOf(i)]!.key;
  const { key } = records[0]!;
  const [ours, peer] = [{ role: 'ours' }, { role: 'peer' }] as const;
  return [
    {
      ...ours,
      name: 'tier-jsonl',
      async: true,
      run: (i) => jsonl.get(keyOf(i)),
      answer: async () => recordOf(await jsonl.get(key)),
    },
    { ...ours, name: 'tier-sqlite', run: (i) => sqlite.get(keyOf(i)), answer: () => recordOf(sqlite.get(key)) },
    { ...peer, name: 'lmdb', run: (i) => lmdb.get(keyOf(i)), answer: () => steadyPart(lmdb.get(key)) },
    {
      ...peer,
      name: 'classic-level, getSync',
      run: (i) => level.getSync(keyOf(i)),
      answer: () => steadyPart(level.getSync(key)),
    },
    {
      ...peer,
      name: 'classic-level',
      async: true,
      run: (i) => level.get(keyOf(i)),
      answer: async () => steadyPart(await level.get(key)),
    },
    {
      ...peer,
      name: 'unstorage fs',
      async: true,
      run: (i) => unstorage.getItem(keyOf(i)),
      answer: async () => steadyPart(await unstorage.getItem(key)),
    },
    {
      ...peer,
      name: 'keyv SQLite',
      async: true,
      run: (i) => keyv.get(keyOf(i)),
      answer: async () => steadyPart(await keyv.get(key)),
    },
  ];
}

/** One record stored over another with the same key, each store with its usual durability. */
export const diskPut: Scenario = {
  name: 'disk-put',
  about: 'One record of 10,000 stored again with a new last access, awaited, credentials already sealed.',
  why: 'keyv commits through the rollback journal, with a flush; lmdb is configured not to flush, like ours by default.',
  goals: [
    timesFaster('tier-jsonl', 10, 'keyv SQLite'),
    timesFaster('tier-jsonl', 3, 'unstorage fs'),
    timesFaster('tier-sqlite', 5, 'keyv SQLite'),
  ],
  setUp: async (context): Promise<Contest> => {
    const data = diskData(context.quick ? QUICK_COUNT : COUNT);
    const stores = await openDiskStores(context, data);
    await fillDiskStores(stores, data);
    return { finds: 'value', expected: steadyPart(data.records[0]), contenders: putContenders(stores, data) };
  },
};

function putContenders(stores: DiskStores, { records, entries, indexOf, recordOf }: DiskData): Contender[] {
  const { jsonl, sqlite, lmdb, level, unstorage, keyv } = stores;
  const entryOf = (i: number) => accessed(entries[indexOf(i)]!, 1_800_000_000_000 + i);
  const changed = (i: number) => ({ ...records[indexOf(i)]!, access_count: i });
  const { key } = records[0]!;
  const [ours, peer] = [{ role: 'ours' }, { role: 'peer' }] as const;
  return [
    {
      ...ours,
      name: 'tier-jsonl',
      async: true,
      run: async (i) => {
        const entry = entryOf(i);
        return (await jsonl.put(entry.key, entry)) || undefined;
      },
      answer: async () => recordOf(await jsonl.get(key)),
    },
    {
      ...ours,
      name: 'tier-sqlite',
      run: (i) => {
        const entry = entryOf(i);
        return sqlite.put(entry.key, entry) || undefined;
      },
      answer: () => recordOf(sqlite.get(key)),
    },
    {
      ...peer,
      name: 'lmdb, no flush',
      run: (i) => {
        const record = changed(i);
        return lmdb.putSync(record.key, record) ?? true;
      },
      answer: () => steadyPart(lmdb.get(key)),
    },
    {
      ...peer,
      name: 'classic-level',
      async: true,
      run: async (i) => {
        const record = changed(i);
        await level.put(record.key, record);
        return true;
      },
      answer: async () => steadyPart(await level.get(key)),
    },
    {
      ...peer,
      name: 'unstorage fs',
      async: true,
      run: async (i) => {
        const record = changed(i);
        await unstorage.setItem(record.key, record);
        return true;
      },
      answer: async () => steadyPart(await unstorage.getItem(key)),
    },
    {
      ...peer,
      name: 'keyv SQLite',
      async: true,
      run: async (i) => {
        const record = changed(i);
        return (await keyv.set(record.key, record)) || undefined;
      },
      answer: async () => steadyPart(await keyv.get(key)),
    },
  ];
}
