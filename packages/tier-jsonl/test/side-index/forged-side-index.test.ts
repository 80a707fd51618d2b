import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyTable } from '../../src/index/key-table.ts';
import { blankSideIndex, sealSideIndex } from '../../src/side-index/side-index.ts';
import type { SideIndex } from '../../src/side-index/side-index-shape.ts';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const SEED = 7;

/** A shard with one good record and room for others, beside which anybody may write a side index. */
async function shardOf(filler: number): Promise<{ directory: string; path: string }> {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1, sideIndexFrom: 1 });
  await tier.put('good', makeEntry('good'));
  await tier.close();
  const path = join(directory, 'shard_00.jsonl');
  writeFileSync(path, '\n'.repeat(filler), { flag: 'a' });
  const old = new Date(Date.now() - 5000);
  utimesSync(path, old, old);
  return { directory, path };
}

/** A side index of `count` keys that is valid except for what `change` does. */
function writeIndex(
  path: string,
  count: number,
  change: (index: { columns: SideIndex['columns'] }) => object = () => ({}),
): void {
  const { bytes, columns } = blankSideIndex(count, count * 8, SEED);
  const table = new KeyTable();
  table.seed = SEED;
  const keys = Array.from({ length: count }, (_, n) => Buffer.from(`k${n}`.padEnd(8)));
  const ranked = keys
    .map((key) => ({ key, hash: table.hashOf(key, 0, 8) }))
    .sort((a, b) => (a.hash >>> 0) - (b.hash >>> 0));
  for (const [i, { key, hash }] of ranked.entries()) {
    columns.expiresAt[i] = 4e12;
    columns.offset[i] = i;
    columns.length[i] = 1;
    columns.keyLength[i] = 8;
    columns.hash[i] = hash;
    columns.keys.set(key, i * 8);
  }
  const extras = change({ columns });
  const index = { columns, superseded: new Map(), foreign: [], ...extras } as unknown as SideIndex;
  writeFileSync(`${path}.index`, sealSideIndex(bytes, statSync(path, { bigint: true }), index), { mode: 0o600 });
}

const touching =
  (touch: (columns: SideIndex['columns']) => void) =>
  (index: { columns: SideIndex['columns'] }): object => {
    touch(index.columns);
    return {};
  };

describe('a forged side index', () => {
  it('is used if it could be ours', async () => {
    const { directory, path } = await shardOf(1000);
    writeIndex(path, 100);
    expect(await newTier(directory).size()).toBe(100);
  });

  it.each<[string, (index: { columns: SideIndex['columns'] }) => object]>([
    [
      'offsets that are not numbers',
      touching((columns) => {
        columns.offset[3] = Number.NaN;
      }),
    ],
    [
      'lines before the start of the file',
      touching((columns) => {
        columns.offset[3] = -1;
      }),
    ],
    [
      'lines beyond the end of the file',
      touching((columns) => {
        columns.length[3] = 4e9;
      }),
    ],
    [
      'fractional offsets',
      touching((columns) => {
        columns.offset[3] = 0.5;
      }),
    ],
    [
      'expiries that are not numbers',
      touching((columns) => {
        columns.expiresAt[3] = Number.NaN;
      }),
    ],
    [
      'keys longer than the maximum',
      touching((columns) => {
        columns.keyLength[3] = 5000;
      }),
    ],
    [
      'missing keys',
      touching((columns) => {
        columns.keyLength[3] = 0xffff_ffff;
      }),
    ],
    [
      'unsorted hashes',
      touching((columns) => {
        columns.hash.reverse();
      }),
    ],
    [
      'hashes that all share a chain',
      touching((columns) => {
        columns.hash.fill(SEED);
      }),
    ],
    ['ranges that are numbers', () => ({ superseded: new Map([['k', [5]]]) })],
    ['empty ranges', () => ({ foreign: [{}] })],
    ['ranges beyond the end of the file', () => ({ foreign: [{ offset: 1e9, length: 1 }] })],
  ])('with %s is ignored, and the shard is read', async (_what, change) => {
    const { directory, path } = await shardOf(1000);
    writeIndex(path, 100, change);
    const tier = newTier(directory);
    expect(await tier.keys()).toEqual(['good']);
    expect(tier.failureCount).toBe(0);
    expect((await tier.get('good'))?.key).toBe('good');
  });

  it('reveals a seed that does not help to make keys collide', () => {
    const table = new KeyTable();
    table.seed = SEED;
    // Keys whose hashes have the same high bits with the revealed seed.
    const keys: string[] = [];
    for (let n = 0; keys.length < 400; n++) {
      const bytes = Buffer.from(`key-${n}`);
      if (table.hashOf(bytes, 0, bytes.length) >>> 22 === 0) keys.push(`key-${n}`);
    }
    for (const [id, key] of keys.entries()) {
      expect(table.find(key)).toBe(-1);
      table.add(id, key);
    }
    expect(table.seed).not.toBe(SEED);
    expect(keys.map((key) => table.find(key))).toEqual(keys.map((_, id) => id));
    for (const [id, key] of keys.entries()) {
      table.remove(id);
      expect(table.find(key)).toBe(-1);
    }
  });
});

describe('foreign lines', () => {
  it('that make up most of a shard are kept, and do not cause a compaction at each write', async () => {
    const directory = newDirectory();
    mkdirSync(directory, { mode: 0o700 });
    const path = join(directory, 'shard_00.jsonl');
    const others = '{}\n'.repeat(100_000);
    writeFileSync(path, others);
    const tier = newTier(directory, { numShards: 1 });
    await tier.open();
    const { ino } = statSync(path);
    for (let n = 0; n < 6; n++) expect(await tier.put('a', makeEntry('a', { accessCount: n }))).toBe(true);
    await tier.close();
    expect(statSync(path).ino).toBe(ino);
    expect(readFileSync(path, 'utf8').startsWith(others)).toBe(true);
  });
});
