import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import type { Ledger } from '../ledger/ledger.ts';
import { entryOf, openTier, SHARDS, surveyJsonl } from './survey.ts';

const SEEDS = Array.from({ length: 12 }, (_, n) => `s${n}`);

/** Creates a directory with records, an expired one, a damaged line and a torn last line. */
export async function seedStore(directory: string): Promise<void> {
  mkdirSync(directory, { mode: 0o700 });
  const tier = openTier(directory, { numShards: SHARDS });
  await tier.putMany(SEEDS.map((key) => entryOf(key, 'seed')));
  await tier.put('old', CacheEntry.create({ key: 'old', proxyUrl: 'http://192.0.2.1:8080', expiresAt: 1 }));
  await tier.close();
  appendFileSync(join(directory, 'shard_01.jsonl'), '{"key":"rotten\n');
  appendFileSync(join(directory, 'shard_02.jsonl'), '{"key":"torn","proxy_');
}

/** The contents of the store beyond the seeded records; throws if any of these is gone. */
export async function surveySeeded(directory: string, _ledger: Ledger): Promise<Map<string, string>> {
  const found = await surveyJsonl(directory);
  for (const key of SEEDS) if (!found.delete(key)) throw new Error('a record from before is gone');
  return found;
}
