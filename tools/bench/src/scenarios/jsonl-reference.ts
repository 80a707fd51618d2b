import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { entryToRecord } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { timesFaster } from '../figures/goal.ts';
import { putByRewriting, readShardsWhole } from '../floors/shard-rewriting.ts';
import type { Contender, Scenario, ScenarioContext } from '../run/scenario.ts';
import { plainRecord, sampleEntries } from '../samples/sample-record.ts';

const SIZE = 10_000;
const WHOLE = 'the whole shard, as ProxyWhirl';

async function filledStores({ directory, quick, onFinish }: ScenarioContext) {
  const entries = sampleEntries(quick ? SIZE / 10 : SIZE);
  const cipher = new CredentialEncryptor({ key: generateKey() });
  const tier = new JsonlCacheTier({ directory: join(directory, 'ours'), cipher });
  onFinish(() => tier.close());
  await tier.putMany(entries);
  const theirs = join(directory, 'theirs');
  mkdirSync(theirs);
  const peer = new JsonlCacheTier({ directory: theirs, cipher });
  await peer.putMany(entries);
  await peer.close();
  const records = entries.map((entry) => entryToRecord(entry, cipher));
  const expected = plainRecord(entries[0]);
  const answer = async () => plainRecord(await tier.get(entries[0]!.key));
  return { entries, records, tier, theirs, expected, answer };
}

export const jsonlReferenceGet: Scenario = {
  name: 'jsonl-reference-get',
  about: 'One record of 10,000: a get of the tier, compared with reading and parsing a whole shard as ProxyWhirl does.',
  goals: [timesFaster('tier.get', 250, WHOLE)],
  setUp: async (context) => {
    const { entries, tier, theirs, expected, answer } = await filledStores(context);
    const keyOf = (i: number) => entries[(i * 7919) % entries.length]!.key;
    const ours: Contender = { name: 'tier.get', role: 'ours', async: true, run: (i) => tier.get(keyOf(i)), answer };
    const run = (i: number) => readShardsWhole(theirs, keyOf(i)).get(keyOf(i));
    return { finds: 'value', expected, contenders: [ours, { name: WHOLE, role: 'peer', run }] };
  },
};

export const jsonlReferencePut: Scenario = {
  name: 'jsonl-reference-put',
  about:
    'One record into 10,000: successive puts of the tier, compared with rewriting a whole shard as ProxyWhirl does.',
  goals: [timesFaster('tier.put', 50, WHOLE)],
  setUp: async (context) => {
    const { entries, records, tier, theirs, expected, answer } = await filledStores(context);
    const at = (i: number) => (i * 7919) % entries.length;
    const put = (i: number) => tier.put(entries[at(i)]!.key, entries[at(i)]!);
    const ours: Contender = { name: 'tier.put', role: 'ours', async: true, run: put, answer };
    const run = (i: number) => putByRewriting(theirs, entries[at(i)]!.key, records[at(i)]);
    return { expected, contenders: [ours, { name: WHOLE, role: 'peer', run }] };
  },
};
