import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '../../src/index.ts';

// Runs with a limit on file sizes: puts until one fails, then shows what still works.
const directory = process.argv[2]!;
const tier = new JsonlCacheTier({ directory, numShards: 1, failureThreshold: 100 });
const entry = (key: string, size: number) =>
  CacheEntry.create({ key, proxyUrl: 'http://h:1', lastHealthError: 'x'.repeat(size) });
let stored = 0;
while (await tier.put(`k${stored}`, entry(`k${stored}`, 1000))) stored++;
const failures = tier.failureCount;
const isWhole = readFileSync(join(directory, 'shard_00.jsonl'), 'utf8').endsWith('}\n');
let readable = 0;
for (let n = 0; n < stored; n++) if ((await tier.get(`k${n}`)) !== undefined) readable++;
const isDeleted = await tier.delete('k0');
process.stdout.write(JSON.stringify({ stored, failures, isWhole, readable, isDeleted }));
await tier.close();
