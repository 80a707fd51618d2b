import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError, CacheValidationError, MAX_KEY_BYTES } from '@pw/cache-models';
import { longestStopDuring, onThisMachine, RecordingLogger, turnsDuring } from '@pw/test-support';
import { describe, expect, it, vi } from 'vitest';
import type { JsonlCacheTier } from '../../src/index.ts';
import { shardFileName, shardOfKey } from '../../src/layout/shard-of-key.ts';
import { MAX_SHARD } from '../../src/limits.ts';
import { encodeRaw } from '../../src/lines/record-line.ts';
import { ShardFile } from '../../src/shard/shard-file.ts';
import { damagedLine, HOSTILE_KINDS, lists, upTo, validLine, wellFormed } from '../support/hostile-kinds.ts';
import { facts, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const GOOD = makeEntry('good', { source: 'fine' });
/** Milliseconds after which a reading of an unchanged file counts as certain, with a margin. */
const SETTLED = 60;
/** Longest time in milliseconds that the event loop may be blocked in these tests: five times the goal. */
const MOMENT_MS = 100;

/** The bound for this time. {@link onThisMachine} only ever raises it, and takes a while, so a short time needs none. */
const momentFor = (measuredMs: number) => (measuredMs < MOMENT_MS ? MOMENT_MS : onThisMachine(MOMENT_MS));

interface Store {
  readonly directory: string;
  readonly path: string;
  readonly aside: string;
}

/** A directory of one shard that contains the good entry, followed by these bytes. */
async function storeWith(...hostile: (string | Buffer)[]): Promise<Store> {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('good', GOOD);
  await tier.close();
  const path = join(directory, 'shard_00.jsonl');
  const parts = hostile.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  writeFileSync(path, Buffer.concat([readFileSync(path), ...parts]));
  return { directory, path, aside: join(directory, 'quarantine', 'shard_00.jsonl') };
}

/** Milliseconds that it takes to open a store with these bytes. */
async function timeToOpen(hostile: string): Promise<number> {
  const { directory } = await storeWith(hostile);
  await sleep(SETTLED);
  const tier = newTier(directory);
  const start = performance.now();
  await tier.open();
  const time = performance.now() - start;
  expect(facts(await tier.get('good'))).toEqual(facts(GOOD));
  expect(tier.failureCount).toBe(0);
  await tier.close();
  return time;
}

/** An open tier, and a way to append bytes to its shard as another process would. */
async function openedStore(): Promise<{ tier: JsonlCacheTier; append: (bytes: string) => Promise<void> }> {
  const { directory, path } = await storeWith();
  const tier = newTier(directory);
  await tier.open();
  const append = async (bytes: string) => {
    appendFileSync(path, bytes, 'latin1');
    await sleep(SETTLED);
  };
  return { tier, append };
}

/** Milliseconds that an open tier takes to read bytes that were appended to its shard. */
async function timeToFollow(bytes: string): Promise<number> {
  const { tier, append } = await openedStore();
  await append(bytes);
  const start = performance.now();
  const entry = await tier.get('good');
  const time = performance.now() - start;
  expect(facts(entry)).toEqual(facts(GOOD));
  await tier.close();
  return time;
}

/**
 * Milliseconds that it takes merely to find the end of each line, which is the floor. With lines of three bytes or
 * less, that alone takes more than five times as long as reading records of as many bytes.
 */
function timeToFindLines(text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  const start = performance.now();
  for (let at = 0; at >= 0; at = bytes.indexOf(0x0a, at + 1));
  return performance.now() - start;
}

describe.each(Object.entries(HOSTILE_KINDS))('%s', (_, { make, benign = wellFormed }) => {
  // The benchmark `hostile-lines` measures the exact multiple (the goal is five). This bound is wider, so that the test
  // does not fail on a busy machine.
  it('take at most a small multiple of the time of as many well-formed bytes', async () => {
    const least = {
      hostile: Number.POSITIVE_INFINITY,
      benign: Number.POSITIVE_INFINITY,
      floor: Number.POSITIVE_INFINITY,
    };
    const bound = () => Math.max(least.benign, least.floor) * 25;
    for (let tries = 0; tries < 1 || (tries < 12 && least.hostile > bound()); tries++) {
      least.hostile = Math.min(least.hostile, await timeToFollow(make(2_000_000)));
      least.benign = Math.min(least.benign, await timeToFollow(benign(2_000_000)));
      least.floor = Math.min(least.floor, timeToFindLines(make(2_000_000)));
    }
    expect(least.hostile).toBeLessThan(bound());
  });

  // The benchmark measures the goal, 20 ms. Two megabytes read in one piece would block the event loop for longer than
  // this bound.
  it('block the event loop of an open tier only briefly', async () => {
    let least = Number.POSITIVE_INFINITY;
    // The best of several attempts counts, since the machine may be busy, or collecting garbage, at any moment.
    for (let tries = 0; tries < 1 || (tries < 12 && least >= momentFor(least)); tries++) {
      const { tier, append } = await openedStore();
      await append(make(2_000_000));
      const { computedMs } = await longestStopDuring(async () => {
        expect(facts(await tier.get('good'))).toEqual(facts(GOOD));
        // Damaged lines are set aside meanwhile, and the next put is written after that.
        expect(await tier.put('next', makeEntry('next'))).toBe(true);
      });
      least = Math.min(least, computedMs);
      expect(tier.failureCount).toBe(0);
      await tier.close();
    }
    expect(least).toBeLessThan(momentFor(least));
  });

  it('take time proportional to their size', async () => {
    const least = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY };
    // The best of several attempts counts, since the machine may be busy at any moment. Quadratic work would take 64
    // times as long.
    for (let tries = 0; tries < 1 || (tries < 12 && least.large > least.small * 30); tries++) {
      least.small = Math.min(least.small, await timeToOpen(make(100_000)));
      least.large = Math.min(least.large, await timeToOpen(make(800_000)));
    }
    expect(least.large).toBeLessThan(least.small * 30);
  });

  it('let the event loop run while a tier opens', async () => {
    const { directory } = await storeWith(make(1_000_000));
    await sleep(SETTLED);
    const tier = newTier(directory);
    const before = process.threadCpuUsage();
    const turns = await turnsDuring(async () => tier.open());
    const { user, system } = process.threadCpuUsage(before);
    // The average turn is no longer than this.
    const average = (user + system) / 1000 / turns;
    expect(average).toBeLessThan(momentFor(average));
  });
});

describe('values in lists', () => {
  it.each([
    ['where a string belongs', ',"source":'],
    ['where a time belongs', ',"last_accessed":'],
    ['where a count belongs', ',"access_count":'],
    ['where a flag belongs', ',"evicted_from_l1":'],
    ['where a checksum belongs', ',"checksum":'],
    ['in an unknown member', ',"tags":'],
  ])('nested 100,000 levels deep %s make the record unreadable, and the tier continues to work', async (_, member) => {
    const line = damagedLine('evil', `${member}${lists(100_000)}`).replace(
      /("source":"s"|"last_accessed":"2026[^"]*"|"access_count":0|"checksum":"00000000")/g,
      (own) => (own.startsWith(member.slice(1)) || own.startsWith('"checksum"') ? '"y":0' : own),
    );
    for (const expiry of ['2999', '2020'])
      for (const config of [{}, { maxEntries: 5 }]) {
        const { directory, aside } = await storeWith(line.replace('2999', expiry));
        const tier = newTier(directory, {}, config);
        await tier.open();
        for (let n = 0; n < 4; n++) expect(await tier.get('evil')).toBeUndefined();
        await tier.recordAccess([{ key: 'evil', hits: 3, lastAccessed: 5 }]);
        expect(facts(await tier.get('good'))).toEqual(facts(GOOD));
        expect(tier.failureCount).toBe(0);
        expect(tier.totalFailures).toBe(0);
        expect(tier.enabled).toBe(true);
        await tier.close();
        if (expiry === '2999') expect(readFileSync(aside, 'latin1')).toContain('"key":"evil"');
      }
  });

  it('nested 60 levels deep in an unknown member are kept when the record is rewritten', async () => {
    const line = encodeRaw({
      ...(JSON.parse(damagedLine('theirs')) as Record<string, unknown>),
      tags: JSON.parse(lists(60)),
    });
    const { directory, path } = await storeWith(`${line}\n`);
    const tier = newTier(directory);
    expect((await tier.get('theirs'))?.key).toBe('theirs');
    expect(await tier.recordAccess([{ key: 'theirs', hits: 9, lastAccessed: 5 }])).toBe(1);
    await tier.close();
    expect(readFileSync(path, 'latin1').trim().split('\n').at(-1)).toContain(`"tags":${lists(60)}`);
    expect((await newTier(directory).get('theirs'))?.accessCount).toBe(9);
  });
});

describe('a key', () => {
  it('longer than the maximum makes a stored line damaged', async () => {
    const long = 'k'.repeat(MAX_KEY_BYTES + 1);
    const longest = 'k'.repeat(MAX_KEY_BYTES);
    const { directory, aside } = await storeWith(validLine(long), validLine(longest), validLine('漢'.repeat(1366)));
    const tier = newTier(directory);
    expect(new Set(await tier.keys())).toEqual(new Set(['good', longest]));
    expect((await tier.get(longest))?.source).toBe('another source');
    expect(tier.statistics.evictionsCorruption).toBe(2);
    expect(readFileSync(aside, 'latin1').split('\n').length - 1).toBe(2);
    await expect(tier.get(long)).rejects.toThrow(CacheValidationError);
  });
});

describe('a line', () => {
  it('longer than 1 MiB is refused by put and putMany with a CacheValidationError', async () => {
    const tier = newTier(newDirectory());
    const long = makeEntry('long', { source: 'x'.repeat(1024 * 1024) });
    await expect(tier.put('long', long)).rejects.toThrow(/entry: must be at most 1 MiB/);
    await expect(tier.putMany([GOOD, long])).rejects.toThrow(CacheValidationError);
    expect(await tier.keys()).toEqual([]);
    expect(tier.failureCount).toBe(0);
    const most = makeEntry('most', { source: 'x'.repeat(1024 * 1024 - 900) });
    expect(await tier.put('most', most)).toBe(true);
    expect(await tier.recordAccess([{ key: 'most', hits: 2 ** 50, lastAccessed: 5 }])).toBe(1);
    await tier.close();
    expect((await tier.get('most'))?.accessCount).toBe(2 ** 50);
  });
});

describe('a long line', () => {
  const members = (count: number) => Array.from({ length: count }, (_, n) => `,"member-${n}":${n}`).join('');

  it('with too many values is damaged even if it is expired, and one within the limit is a record', async () => {
    const { directory, aside } = await storeWith(
      damagedLine('many', members(9000)).replace(',"checksum":"00000000"', ''),
      damagedLine('too-many', members(10_001)).replace(',"checksum":"00000000"', ''),
      damagedLine('too-many-expired', members(10_001), '2020-01-01T00:00:00+00:00'),
    );
    const tier = newTier(directory);
    expect((await tier.get('many'))?.source).toBe('s');
    for (const key of ['too-many', 'too-many-expired']) expect(await tier.get(key)).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(2);
    await tier.close();
    expect(
      readFileSync(aside, 'latin1')
        .match(/"key":"[a-z-]+"/g)
        ?.sort(),
    ).toEqual(['"key":"too-many"', '"key":"too-many-expired"']);
  });

  it('that is a list is left unchanged, and set aside if it is not valid JSON', async () => {
    const list = `[${'[],'.repeat(50_000)}[]]\n`;
    const { directory, path, aside } = await storeWith(list, list.replace('],[', '],,['));
    const tier = newTier(directory);
    expect(await tier.keys()).toEqual(['good']);
    expect(tier.statistics.evictionsCorruption).toBe(1);
    await tier.close();
    expect(readFileSync(path, 'latin1')).toContain(list);
    expect(readFileSync(aside, 'latin1')).toBe(list.replace('],[', '],,['));
  });
});

describe('a hole in a shard', () => {
  const HOLE = 64 * 1024 * 1024;

  /** Appends NUL bytes that take no disk space, and then `after`. */
  function punch(path: string, after: string): void {
    const fd = openSync(path, 'r+');
    const { size } = statSync(path);
    ftruncateSync(fd, size + HOLE);
    if (after !== '') writeSync(fd, after, size + HOLE);
    closeSync(fd);
  }

  it('at the end is recorded as a number and cut off', async () => {
    const { directory, path, aside } = await storeWith('rubbish');
    const { size } = statSync(path);
    punch(path, '');
    const tier = newTier(directory);
    expect(facts(await tier.get('good'))).toEqual(facts(GOOD));
    expect(await tier.put('next', makeEntry('next'))).toBe(true);
    await tier.close();
    expect(readFileSync(aside, 'latin1')).toBe(`rubbish\n{"pw_nul_bytes":${HOLE}}\n`);
    expect(statSync(path).size).toBeLessThan(size + 1000);
    expect(new Set(await newTier(directory).keys())).toEqual(new Set(['good', 'next']));
  });

  it('between lines is recorded as a number, and the lines after it are read', async () => {
    const { directory, path, aside } = await storeWith('begun');
    punch(path, `ended\n${validLine('later')}`);
    const tier = newTier(directory);
    expect(new Set(await tier.keys())).toEqual(new Set(['good', 'later']));
    expect((await tier.get('later'))?.source).toBe('another source');
    await tier.close();
    expect(readFileSync(aside, 'latin1')).toBe(`begun\n{"pw_nul_bytes":${HOLE}}\nended\n`);
  });

  it('that makes the shard too large is refused with the name of the file, which is left unchanged', async () => {
    const { directory, path, aside } = await storeWith();
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, MAX_SHARD + 1);
    closeSync(fd);
    const tier = newTier(directory);
    await expect(tier.open()).rejects.toThrow(CacheStorageError);
    await expect(tier.open()).rejects.toThrow(/shard_00\.jsonl: is larger than 4 GiB/);
    expect(statSync(path).size).toBe(MAX_SHARD + 1);
    expect(existsSync(aside)).toBe(false);
  });
});

describe('many damaged records', () => {
  it('are counted individually and logged once', async () => {
    const { directory, aside } = await storeWith(upTo(50_000, 'rubbish\n'));
    const logger = new RecordingLogger();
    const tier = newTier(directory, { logger });
    await tier.open();
    expect(tier.statistics.evictionsCorruption).toBe(6250);
    expect(readFileSync(aside, 'latin1')).toBe(upTo(50_000, 'rubbish\n'));
    expect(logger.text.match(/damaged record set aside/g)).toHaveLength(1);
  });

  it('found one after another do not each cause the whole file to be re-read', async () => {
    const keys = Array.from({ length: 300 }, (_, n) => `evil-${n}`);
    const { directory, path, aside } = await storeWith(...keys.map((key) => damagedLine(key)));
    await sleep(SETTLED);
    const { size } = statSync(path);
    const tier = newTier(directory);
    await tier.open();
    const read = vi.spyOn(ShardFile.prototype, 'readInto');
    for (const key of keys) expect(await tier.get(key)).toBeUndefined();
    const bytes = read.mock.calls.reduce((sum, [buffer]) => sum + buffer.length, 0);
    read.mockRestore();
    // Reading it for each would be 300 times the file. The actual number depends on the speed of the machine.
    expect(bytes).toBeLessThan(150 * size);
    expect(tier.statistics.evictionsCorruption).toBe(300);
    expect(tier.failureCount).toBe(0);
    await tier.close();
    expect(readFileSync(aside, 'latin1').split('\n').length - 1).toBe(300);
    const again = newTier(directory);
    expect(await again.keys()).toEqual(['good']);
    expect(again.statistics.evictionsCorruption).toBe(0);
  });

  it('of one key are removed with the key', async () => {
    const { directory } = await storeWith(upTo(40_000_000, validLine('often')));
    const tier = newTier(directory);
    expect((await tier.get('often'))?.source).toBe('another source');
    expect(await tier.delete('often')).toBe(true);
    expect(await tier.keys()).toEqual(['good']);
    expect(tier.failureCount).toBe(0);
  });
});

it('hostile lines in one of many shards do not affect the others', async () => {
  const directory = newDirectory();
  const tier = newTier(directory);
  const keys = Array.from({ length: 64 }, (_, n) => `key-${n}`);
  await tier.putMany(keys.map((key) => makeEntry(key)));
  await tier.close();
  const path = join(directory, shardFileName(shardOfKey('key-0', 16)));
  writeFileSync(path, Buffer.concat([Buffer.from(upTo(100_000, '{"key":"')), Buffer.from('\n'), readFileSync(path)]));
  const again = newTier(directory);
  expect(new Set(await again.keys())).toEqual(new Set(keys));
  expect(again.statistics.evictionsCorruption).toBe(1);
});
