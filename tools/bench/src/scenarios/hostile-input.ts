import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { longestStopDuring } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { within } from '../figures/goal.ts';
import type { Measurement } from '../figures/measurement.ts';
import type { Scenario, ScenarioContext } from '../run/scenario.ts';

const MB = 1_000_000;
/** The most that hostile input may cost, as a multiple of well-formed input of the same size. */
const MOST_TIMES = 5;
/** The longest time that hostile input may block the event loop, in milliseconds. */
const MOST_MS = 20;
const TRIES = { quick: 1, full: 7 };
/** Milliseconds for which a shard is left unchanged, so that the tier treats it as no longer being written. */
const SETTLED_MS = 60;

const sizeOf = (quick: boolean): number => (quick ? MB / 10 : 2 * MB);
const fill = (unit: string, bytes: number): string => unit.repeat(Math.ceil(bytes / unit.length));

type Make = (bytes: number) => string;

const SHARD_KINDS: Readonly<Record<string, Make>> = {
  'beginnings of records in one line': (bytes) => `${fill('{"key":"', bytes)}\n`,
  'short lines that are not JSON': (bytes) => fill('rubbish\n', bytes),
  'short objects that are not records': (bytes) => fill('{"a":[1,null]}\n', bytes),
  'records without a checksum': (bytes) => fill('{"key":"abc","x":1}\n', bytes),
  'one line that is too long': (bytes) => `${fill('x', bytes)}\n`,
};

/** The kinds in which every line is JSON. */
const PARSED_KINDS = ['short objects that are not records', 'records without a checksum'];

const IMPORT_KINDS: Readonly<Record<string, Make>> = {
  'comments.txt': (bytes) => `${fill(' #', bytes)}\n`,
  'words.txt': (bytes) => fill('x\n', bytes),
  'many on a line.txt': (bytes) => fill('10.0.0.1:80,', bytes),
  'quotes.csv': (bytes) => `proxy_url,source\n${fill(`"${'a'.repeat(1000)}\n`, bytes)}`,
  'not JSON.jsonl': (bytes) => fill('{x}\n', bytes),
  'members.json': (bytes) => `[${fill('{"a":1},', bytes)}{}]`,
};

const WELL_FORMED_FILES: Readonly<Record<string, Make>> = {
  txt: (bytes) => fill('10.0.0.1:8080\n', bytes),
  csv: (bytes) => `proxy_url,source\n${fill('http://10.0.0.1:8080,api\n', bytes)}`,
  jsonl: (bytes) => fill('{"proxy_url":"http://10.0.0.1:8080"}\n', bytes),
  json: (bytes) => `[${fill('{"proxy_url":"http://10.0.0.1:8080"},', bytes)}{}]`,
};

const plainEntry = (i: number): CacheEntry =>
  CacheEntry.create({ proxyUrl: `http://10.0.${i >> 8}.${i & 255}:80`, source: 'api' });

/** Records as a tier writes them, at most `bytes` long in total. */
async function wellFormedLines(directory: string, bytes: number): Promise<string> {
  const tier = new JsonlCacheTier({ directory, numShards: 1 });
  const path = join(directory, 'shard_00.jsonl');
  let lines = '';
  for (let first = 1; lines.length < bytes; first += 500) {
    await tier.putMany(Array.from({ length: 500 }, (_, i) => plainEntry(first + i)));
    lines = readFileSync(path, 'latin1');
  }
  await tier.close();
  return lines.slice(0, lines.lastIndexOf('\n', bytes) + 1);
}

/** Runs some work and returns the figure that was measured. */
type Meter = (work: () => Promise<unknown>) => Promise<number>;

/** Processor time in milliseconds, so that other programs on the machine do not count. */
const cost: Meter = async (work) => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** The longest time that the event loop was blocked, in milliseconds. */
const held: Meter = async (work) => (await longestStopDuring(work)).computedMs;

/** Measures how an open tier reads lines that another process appended to its shard. */
async function readAppended(meter: Meter, directory: string, bytes: string): Promise<number> {
  const tier = new JsonlCacheTier({ directory, numShards: 1 });
  const good = plainEntry(0);
  if (!(await tier.put(good.key, good))) throw new Error('the good entry could not be stored');
  appendFileSync(join(directory, 'shard_00.jsonl'), bytes, 'latin1');
  await sleep(SETTLED_MS);
  const figure = await meter(async () => {
    if ((await tier.get(good.key))?.proxyUrl !== good.proxyUrl) throw new Error('the good entry is gone');
  });
  await tier.close();
  return figure;
}

async function readImported(meter: Meter, path: string, bytes: string): Promise<number> {
  writeFileSync(path, bytes);
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({})] });
  const figure = await meter(() => cache.warmFromFile(path));
  await cache.close();
  return figure;
}

/**
 * Measures, for each kind, its cost as a multiple of well-formed input of the same size, and the longest time that it
 * blocks the event loop.
 */
async function measureKinds(
  quick: boolean,
  kinds: Readonly<Record<string, Make>>,
  read: (meter: Meter, kind: string | undefined, bytes: number, of: string) => Promise<number>,
): Promise<Measurement[]> {
  const bytes = sizeOf(quick);
  const measurements: Measurement[] = [];
  for (const kind of Object.keys(kinds)) {
    const times: number[] = [];
    const holds: number[] = [];
    for (let i = 0; i < (quick ? TRIES.quick : TRIES.full); i++) {
      const hostile = await read(cost, kind, bytes, kind);
      times.push(hostile / (await read(cost, undefined, bytes, kind)));
      holds.push(await read(held, kind, bytes, kind));
    }
    measurements.push({ name: `${kind}, cost`, role: 'ours', unit: '×', samples: times });
    measurements.push({ name: `${kind}, event loop held`, role: 'ours', unit: 'ms', samples: holds });
  }
  return measurements;
}

const goalsOf = (kinds: Readonly<Record<string, Make>>) =>
  Object.keys(kinds).flatMap((kind) => [
    within(`${kind}, cost`, MOST_TIMES),
    within(`${kind}, event loop held`, MOST_MS),
  ]);

export const hostileLines: Scenario = {
  name: 'hostile-lines',
  about:
    'An open JSON Lines tier reads two megabytes of hostile lines that were appended to its shard, compared with as many bytes of records.',
  columns: 'kind',
  why: `A record costs little for its size: only its key and its times are extracted, and the rest is parsed when the
record is read. A line that may belong to another program is checked to be JSON up to its last byte, and two megabytes
contain forty times as many such lines as records. The floor parses each line with JSON.parse.`,
  goals: goalsOf(SHARD_KINDS),
  measure: async ({ quick, directory }: ScenarioContext) => {
    const wellFormed = await wellFormedLines(join(directory, 'well-formed'), sizeOf(quick));
    let round = 0;
    const read = (meter: Meter, kind: string | undefined, bytes: number): Promise<number> =>
      readAppended(meter, join(directory, `${round++}`), kind === undefined ? wellFormed : SHARD_KINDS[kind]!(bytes));
    const measurements = await measureKinds(quick, SHARD_KINDS, read);
    for (const kind of PARSED_KINDS) {
      const lines = SHARD_KINDS[kind]!(sizeOf(quick)).split('\n').slice(0, -1);
      const samples: number[] = [];
      for (let i = 0; i < (quick ? TRIES.quick : TRIES.full); i++) {
        const floor = await cost(async () => {
          for (const line of lines) JSON.parse(line);
        });
        samples.push(floor / (await read(cost, undefined, sizeOf(quick))));
      }
      measurements.push({ name: `${kind}, JSON.parse of each line`, role: 'floor', unit: '×', samples });
    }
    return measurements;
  },
};

export const hostileImports: Scenario = {
  name: 'hostile-imports',
  about: 'An import of a hostile file of two megabytes, compared with a well-formed file of the same size.',
  columns: 'kind',
  goals: goalsOf(IMPORT_KINDS),
  measure: ({ quick, directory }: ScenarioContext) =>
    measureKinds(quick, IMPORT_KINDS, (meter, kind, bytes, of) => {
      const type = of.slice(of.lastIndexOf('.') + 1);
      return readImported(
        meter,
        join(directory, `list.${type}`),
        (kind === undefined ? WELL_FORMED_FILES[type]! : IMPORT_KINDS[kind]!)(bytes),
      );
    }),
};
