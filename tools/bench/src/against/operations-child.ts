import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Manager from '@pw/cache-manager';
import type * as Models from '@pw/cache-models';

// Measures each operation of the cache in the checkout that is the first argument, and prints nanoseconds as JSON.
// Only what every version has is used, so that old commits can be measured too.

const COUNT = 1_000;
const BATCH = 100;
const ROUND_MS = 60;
const ROUNDS = 7;

const folder = resolve(process.argv[2]!);
const load = (name: string): Promise<unknown> =>
  import(pathToFileURL(join(folder, 'packages', name, 'src/index.ts')).href);
const { CacheEntry } = (await load('cache-models')) as typeof Models;
const { openCache } = (await load('cache-manager')) as typeof Manager;

const directory = mkdtempSync(join(process.env['PW_BENCH_DIR'] ?? tmpdir(), 'pw-against-'));
const open = (name: string, l2Backend: 'jsonl' | 'sqlite', first: number) =>
  openCache({
    l1Config: { maxEntries: first },
    l2Backend,
    l2CacheDir: join(directory, name),
    l3DatabasePath: join(directory, name, 'l3', 'cache.db'),
  });
const entryOf = (i: number) =>
  CacheEntry.create({ proxyUrl: `http://10.0.${i >> 8}.${i & 255}:8080`, key: `key${i}`, source: 'bench' });
const entries = Array.from({ length: COUNT }, (_, i) => entryOf(i));

const large = await open('large', 'jsonl', 10 * COUNT);
// The first tier has room for one entry, so that nearly every read is answered by the second one.
const [jsonl, sqlite] = [await open('jsonl', 'jsonl', 1), await open('sqlite', 'sqlite', 1)];
for (const cache of [large, jsonl, sqlite]) await cache.putMany(entries);

const keyOf = (i: number) => `key${(i * 7919) % COUNT}`;
const OPERATIONS: Readonly<Record<string, (i: number) => unknown>> = {
  'get, hit in memory': (i) => large.get(keyOf(i)),
  'get, hit in JSONL': (i) => jsonl.get(keyOf(i)),
  'get, hit in SQLite': (i) => sqlite.get(keyOf(i)),
  'get, miss': (i) => large.get(`missing${i}`),
  has: (i) => large.has(keyOf(i)),
  put: (i) => large.put(keyOf(i), entries[(i * 7919) % COUNT]!),
  [`putMany of ${BATCH}`]: (i) => large.putMany(entries.slice((i % 10) * BATCH, ((i % 10) + 1) * BATCH)),
  [`getMany of ${BATCH}`]: (i) => large.getMany(Array.from({ length: BATCH }, (_, n) => keyOf(i + n))),
  'put and delete': async (i) => {
    const entry = entries[i % COUNT]!;
    await large.put(entry.key, entry);
    await large.delete(entry.key);
  },
  recordHealthCheck: (i) => {
    const key = i % 2 === 0 ? 'key1' : 'key2';
    return large.recordHealthCheck(key, { status: 'healthy', checkUrl: 'http://check.example' });
  },
};

const results: Record<string, number> = {};
for (const [name, run] of Object.entries(OPERATIONS)) {
  if (name === 'recordHealthCheck') await large.putMany(entries);
  results[name] = await measure(run);
}
for (const cache of [large, jsonl, sqlite]) await cache.close();
rmSync(directory, { recursive: true, force: true });
process.stdout.write(JSON.stringify(results));

/** Nanoseconds an operation: the median of some rounds, the first of which are discarded. */
async function measure(run: (i: number) => unknown): Promise<number> {
  const times: number[] = [];
  let i = 0;
  for (let round = 0; round < ROUNDS + 2; round++) {
    const [started, first] = [process.hrtime.bigint(), i];
    const end = started + BigInt(ROUND_MS * 1e6);
    do for (let n = 0; n < 10; n++) await run(i++);
    while (process.hrtime.bigint() < end);
    if (round >= 2) times.push(Number(process.hrtime.bigint() - started) / (i - first));
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
