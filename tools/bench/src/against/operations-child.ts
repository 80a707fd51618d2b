import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Manager from '@pw/cache-manager';
import type * as Models from '@pw/cache-models';

// Measures operations of the cache in the checkout that is the first argument, and prints nanoseconds as JSON: all of
// them, or those whose names start with one of the further arguments. Only what every version has is used, so that old
// commits can be measured too.

const COUNT = 1_000;
const BATCH = 100;
const ROUND_MS = 60;
const ROUNDS = 7;
/** Entries of a cache that is opened again, and how often that is done. */
const OPENED_COUNT = 10_000;
const OPENINGS = 9;

type SecondTier = 'jsonl' | 'sqlite';
type Run = (i: number) => unknown;

const [folderArgument, ...only] = process.argv.slice(2);
const folder = resolve(folderArgument!);
const load = (name: string): Promise<unknown> =>
  import(pathToFileURL(join(folder, 'packages', name, 'src/index.ts')).href);
const { CacheEntry } = (await load('cache-models')) as typeof Models;
const { openCache } = (await load('cache-manager')) as typeof Manager;

const directory = mkdtempSync(join(process.env['PW_BENCH_DIR'] ?? tmpdir(), 'pw-against-'));
const open = (name: string, l2Backend: SecondTier, first: number, second?: number) =>
  openCache({
    l1Config: { maxEntries: first },
    ...(second === undefined ? {} : { l2Config: { maxEntries: second } }),
    l2Backend,
    l2CacheDir: join(directory, name),
    l3DatabasePath: join(directory, name, 'l3', 'cache.db'),
  });
const entryOf = (i: number) =>
  CacheEntry.create({
    proxyUrl: `http://10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:8080`,
    key: `key${i}`,
    source: 'bench',
  });
const entries = Array.from({ length: COUNT }, (_, i) => entryOf(i));

// In the last two, the first tier has room for one entry, so that nearly every read is answered by the second one.
const CACHES = {
  large: () => open('large', 'jsonl', 10 * COUNT),
  jsonl: () => open('jsonl', 'jsonl', 1),
  sqlite: () => open('sqlite', 'sqlite', 1),
};
type CacheName = keyof typeof CACHES;

const keyOf = (i: number) => `key${(i * 7919) % COUNT}`;
const OPERATIONS: Readonly<Record<string, readonly [CacheName, (cache: Manager.CacheManager) => Run]>> = {
  'get, hit in memory': ['large', (cache) => (i) => cache.get(keyOf(i))],
  'get, hit in JSONL': ['jsonl', (cache) => (i) => cache.get(keyOf(i))],
  'get, hit in SQLite': ['sqlite', (cache) => (i) => cache.get(keyOf(i))],
  'get, miss': ['large', (cache) => (i) => cache.get(`missing${i}`)],
  has: ['large', (cache) => (i) => cache.has(keyOf(i))],
  put: ['large', (cache) => (i) => cache.put(keyOf(i), entries[(i * 7919) % COUNT]!)],
  [`putMany of ${BATCH}`]: [
    'large',
    (cache) => (i) => cache.putMany(entries.slice((i % 10) * BATCH, ((i % 10) + 1) * BATCH)),
  ],
  [`getMany of ${BATCH}`]: [
    'large',
    (cache) => (i) => cache.getMany(Array.from({ length: BATCH }, (_, n) => keyOf(i + n))),
  ],
  'put and delete': [
    'large',
    (cache) => async (i) => {
      const entry = entries[i % COUNT]!;
      await cache.put(entry.key, entry);
      await cache.delete(entry.key);
    },
  ],
  recordHealthCheck: [
    'large',
    (cache) => (i) => {
      const key = i % 2 === 0 ? 'key1' : 'key2';
      return cache.recordHealthCheck(key, { status: 'healthy', checkUrl: 'http://check.example' });
    },
  ],
};
const OPENED: Readonly<Record<string, SecondTier>> = {
  'opening after a clean close, JSONL': 'jsonl',
  'opening after a clean close, SQLite': 'sqlite',
};

const isWanted = (name: string) => only.length === 0 || only.some((start) => name.startsWith(start));
const results: Record<string, number> = {};
const filled = new Map<CacheName, Manager.CacheManager>();
for (const [name, [of, make]] of Object.entries(OPERATIONS)) {
  if (!isWanted(name)) continue;
  const cache = filled.get(of) ?? (await CACHES[of]());
  if (!filled.has(of) || name === 'recordHealthCheck') await cache.putMany(entries);
  filled.set(of, cache);
  results[name] = await measure(make(cache));
}
for (const cache of filled.values()) await cache.close();
for (const [name, l2Backend] of Object.entries(OPENED))
  if (isWanted(name)) results[name] = await measureOpening(`opened-${l2Backend}`, l2Backend);
rmSync(directory, { recursive: true, force: true });
process.stdout.write(JSON.stringify(results));

/** Nanoseconds an opening: the median of some, the first of which is discarded. */
async function measureOpening(name: string, l2Backend: SecondTier): Promise<number> {
  const reopen = () => open(name, l2Backend, OPENED_COUNT, OPENED_COUNT);
  let cache = await reopen();
  await cache.putMany(Array.from({ length: OPENED_COUNT }, (_, i) => entryOf(i)));
  const times: number[] = [];
  for (let opening = 0; opening <= OPENINGS; opening++) {
    await cache.close();
    const started = process.hrtime.bigint();
    cache = await reopen();
    if (opening > 0) times.push(Number(process.hrtime.bigint() - started));
  }
  await cache.close();
  return medianOf(times);
}

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
  return medianOf(times);
}

function medianOf(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
