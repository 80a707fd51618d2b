import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { type CacheEntry, entryToRecord, type ProxyRecord } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { makeSqliteTier, SQLITE_KINDS } from '../floors/bare-sqlite.ts';
import { openLevel, openLmdb, openUnstorage } from '../peers/disk-stores.ts';
import { openKeyvSqlite } from '../peers/multi-tier-peers.ts';
import type { ScenarioContext } from '../run/scenario.ts';
import { seededRandom, uniformIndices } from '../samples/random.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { steadyPart } from './our-stack.ts';

const SEQUENCE = 2 ** 16;

/** The data of every store on disk: the entries, and the records that other stores keep of them, credentials sealed. */
export interface DiskData {
  readonly entries: readonly CacheEntry[];
  readonly records: readonly ProxyRecord[];
  readonly indexOf: (i: number) => number;
  readonly recordOf: (entry: CacheEntry | undefined) => Record<string, unknown> | undefined;
  readonly cipher: CredentialEncryptor;
}

export function diskData(count: number): DiskData {
  const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
  const entries = sampleEntries(count);
  const order = uniformIndices(count, SEQUENCE, seededRandom(11));
  return {
    cipher,
    entries,
    records: entries.map((entry) => entryToRecord(entry, cipher)),
    indexOf: (i) => order[i % SEQUENCE]!,
    recordOf: (entry) => (entry === undefined ? undefined : steadyPart(entryToRecord(entry, cipher))),
  };
}

/** Our tiers on disk and their alternatives, empty, each in its own folder. */
export async function openDiskStores({ directory, onFinish }: ScenarioContext, { cipher }: DiskData) {
  const jsonl = new JsonlCacheTier({ directory: join(directory, 'jsonl'), cipher });
  onFinish(() => jsonl.close());
  const sqlite = makeSqliteTier(SQLITE_KINDS[1]!, directory, { cipher });
  sqlite.open();
  onFinish(() => sqlite.close());
  const place = { directory, onFinish };
  const [lmdb, level, unstorage] = [await openLmdb(place), await openLevel(place), await openUnstorage(place)];
  const keyv = await openKeyvSqlite(place);
  return { jsonl, sqlite, lmdb, level, unstorage, keyv };
}

export type DiskStores = Awaited<ReturnType<typeof openDiskStores>>;

/** Puts every record into every store. keyv commits each record separately, which takes a millisecond each. */
export async function fillDiskStores(stores: DiskStores, { entries, records }: DiskData): Promise<void> {
  const { jsonl, sqlite, lmdb, level, unstorage, keyv } = stores;
  await jsonl.putMany(entries);
  sqlite.putMany(entries);
  lmdb.transactionSync(() => {
    for (const record of records) lmdb.putSync(record.key, record);
  });
  await level.batch(records.map((value) => ({ type: 'put', key: value.key, value })));
  for (const record of records) await unstorage.setItem(record.key, record);
  for (const record of records) await keyv.set(record.key, record);
}
