import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import { Random } from '../../random.ts';
import type { Found, Operation, Stall } from './operation.ts';
import { type Bug, breakBase, breakMiddle } from './planted-bugs.ts';

/** The work of one process. */
export interface OperationsSpec {
  readonly directory: string;
  readonly backend: 'jsonl' | 'sqlite';
  readonly process: number;
  readonly seed: number;
  readonly keys: readonly string[];
  /** None: reads every key once. */
  readonly operations: number;
  readonly stalenessMs: number;
  /** The file that appears when all processes are to begin. */
  readonly go: string;
  readonly bug?: Bug | undefined;
}

// Makes random operations on shared keys, and prints them once all are done.
const spec = JSON.parse(process.argv[2]!) as OperationsSpec;
const { bug, keys } = spec;
const random = new Random(spec.seed);
const directory = join(spec.directory, 'files');
const cache = await CacheManager.open({
  tiers: [
    // Small in most of the processes, so that the tiers below are read as well.
    (context) => new MemoryCacheTier({ ...context, maxEntries: spec.process === 0 ? 1_000 : keys.length / 2 }),
    (context) =>
      breakMiddle(
        spec.backend === 'jsonl'
          ? new JsonlCacheTier({ ...context, directory })
          : new DiskCacheTier({ ...context, directory, whenLocked: 'promise' }),
        bug,
      ),
    (context) =>
      breakBase(
        new SqliteCacheTier({ ...context, path: join(spec.directory, 'cache.db'), whenLocked: 'promise' }),
        bug,
      ),
  ],
  maxStalenessMs: spec.stalenessMs,
});
const done: Operation[] = [];
let puts = 0;

const foundOf = (entry: CacheEntry | undefined): Found =>
  entry === undefined ? null : { id: entry.source, checks: entry.totalHealthChecks, failures: entry.failureCount };

const now = () => Number(process.hrtime.bigint());

/** Between two ticks there is a stall if there is more time than this, in nanoseconds. */
const LONGEST_TICK = 30e6;
const stalls: Stall[] = [];
let ticked = now();
const ticks = setInterval(() => {
  const to = now();
  if (to - ticked > LONGEST_TICK) stalls.push({ from: ticked, to });
  ticked = to;
}, 2);

async function run(kind: Operation['kind'], key: string): Promise<void> {
  const id = `p${spec.process}-${puts++}`;
  const entry = CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', source: id, ttlSeconds: 86_400 });
  const begin = now();
  const found = await ask(kind, key, entry);
  done.push({ kind, key, process: spec.process, begin, end: now(), found });
}

async function ask(kind: Operation['kind'], key: string, entry: CacheEntry): Promise<Found | boolean> {
  if (kind === 'get') return foundOf(await cache.get(key));
  if (kind === 'has') return cache.has(key);
  if (kind === 'put') {
    const { tiers } = await cache.putDetailed(entry);
    if (tiers['l3'] !== true) throw new Error(`the base did not take a put: ${JSON.stringify(tiers)}`);
    return foundOf(entry);
  }
  if (kind === 'delete') return cache.delete(key).then(() => null);
  if (kind === 'invalidate') return cache.invalidateByHealth(key).then(() => null);
  const status = random.percent(50) ? 'healthy' : 'unhealthy';
  return foundOf(await cache.recordHealthCheck(key, { status, checkUrl: 'http://c.example' }));
}

/** In a hundred. */
const SHARES = { get: 40, put: 18, record: 18, invalidate: 9, has: 8, delete: 7 } as const;
const KINDS = Object.entries(SHARES).flatMap(([kind, share]) =>
  Array<Operation['kind']>(share).fill(kind as keyof typeof SHARES),
);

/** Most changes are made by one process for each key, so that the others may keep old copies for long. */
const ownKeys = keys.filter((_, i) => i % 3 === spec.process);
let left = spec.operations;

async function work(): Promise<void> {
  while (left-- > 0) {
    const kind = random.pick(KINDS);
    const isAnyKey = kind === 'get' || kind === 'has' || ownKeys.length === 0 || random.percent(25);
    await run(kind, random.pick(isAnyKey ? keys : ownKeys));
  }
}

while (!existsSync(spec.go)) await sleep(5);
await Promise.all([work(), work()]);
if (spec.operations === 0) for (const key of keys) await run('get', key);
clearInterval(ticks);
await cache.close();
writeFileSync(1, JSON.stringify({ operations: done, stalls }));
