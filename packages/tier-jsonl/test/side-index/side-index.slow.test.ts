import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { count, ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { encodeRaw } from '../../src/lines/record-line.ts';
import { blankSideIndex, readSideIndex, sealSideIndex } from '../../src/side-index/side-index.ts';
import { allLines, facts, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const FLIPS = count(200, 10_000);
const OPTIONS = { numShards: 1, sideIndexFrom: 1 };
const KEYS = ['a', 'b', 'ключ', 'é', 'a"\\b', 'x'.repeat(300)];

/** A closed directory of one shard with superseded lines, foreign lines, and a side index. */
async function withSideIndex() {
  const directory = newDirectory();
  const tier = newTier(directory, OPTIONS);
  await tier.putMany(KEYS.map((key) => makeEntry(key, { source: 'old' })));
  await tier.putMany(KEYS.map((key) => makeEntry(key, { source: 'new', password: 'p' })));
  await tier.close();
  const shard = join(directory, 'shard_00.jsonl');
  appendFileSync(shard, '["not ours"]\n');
  const again = newTier(directory, OPTIONS);
  await again.open();
  await again.close();
  return { directory, shard, index: `${shard}.index` };
}

async function contents(directory: string, options = OPTIONS): Promise<Map<string, unknown>> {
  const tier = newTier(directory, options);
  const found = new Map<string, unknown>();
  for await (const entry of tier.entries()) found.set(entry.key, facts(entry));
  expect(new Set(await tier.keys())).toEqual(new Set(found.keys()));
  expect(await tier.size()).toBe(found.size);
  expect(tier.totalFailures).toBe(0);
  await tier.close();
  return found;
}

/** The side index with one record expired, sealed again: a tier that uses it cannot see that entry. */
function expireOne(index: string, shard: string): void {
  const stamp = statSync(shard, { bigint: true });
  const bytes = readFileSync(index);
  const side = readSideIndex(bytes, stamp)!;
  const { bytes: copy, columns } = blankSideIndex(
    side.columns.length.length,
    side.columns.keys.length,
    side.columns.seed,
  );
  for (const name of ['expiresAt', 'offset', 'length', 'keyLength', 'hash', 'keys'] as const)
    columns[name].set(side.columns[name]);
  columns.expiresAt[0] = 1;
  writeFileSync(index, sealSideIndex(copy, stamp, { ...side, columns: { ...columns, strings: side.columns.strings } }));
}

describe('a side index', () => {
  it('is written by close with mode 0600, and read by the next opening', async () => {
    const { directory, shard, index } = await withSideIndex();
    expect(statSync(index).mode & 0o777).toBe(0o600);
    const before = await contents(directory);
    expect(before.size).toBe(KEYS.length);
    expireOne(index, shard);
    expect((await contents(directory)).size).toBe(KEYS.length - 1);
  });

  it('restores superseded lines, so that a delete overwrites them, and foreign lines', async () => {
    const { directory, shard } = await withSideIndex();
    const tier = newTier(directory, OPTIONS);
    for (const key of KEYS) expect(await tier.delete(key)).toBe(true);
    await tier.close();
    const left = allLines(directory).filter((line) => !line.includes('pw_deleted'));
    expect(left).toEqual(['["not ours"]']);
    expect(existsSync(`${shard}.index`)).toBe(false);
  });

  it.each<[string, (shard: string) => void]>([
    ['appended to', (shard) => appendFileSync(shard, `${encodeRaw(JSON.parse(allLines(join(shard, '..'))[0]!))}\n`)],
    ['cut', (shard) => truncateSync(shard, statSync(shard).size - 1)],
    [
      'changed in place',
      (shard) => {
        const { atime, mtime } = statSync(shard);
        writeFileSync(shard, readFileSync(shard), { flag: 'r+' });
        utimesSync(shard, atime, mtime);
      },
    ],
    [
      'replaced by an identical copy',
      (shard) => {
        writeFileSync(`${shard}.copy`, readFileSync(shard));
        const { atime, mtime } = statSync(shard);
        utimesSync(`${shard}.copy`, atime, mtime);
        renameSync(`${shard}.copy`, shard);
      },
    ],
  ])('of a shard that was %s is not used', async (_, change) => {
    const { directory, shard, index } = await withSideIndex();
    expireOne(index, shard);
    change(shard);
    expect((await contents(directory)).size).toBe(KEYS.length);
  });

  it(`does not change the results of reads if a bit of it is flipped or it is cut (${FLIPS} rounds)`, async () => {
    const { directory, index } = await withSideIndex();
    const expected = await contents(directory);
    const bytes = readFileSync(index);
    for (let round = 0; round < FLIPS; round++) {
      const at = Math.floor((round / FLIPS) * bytes.length * 8);
      const flipped = Buffer.from(bytes);
      flipped[at >> 3]! ^= 1 << (at & 7);
      writeFileSync(index, round % 4 === 3 ? bytes.subarray(0, at >> 3) : flipped);
      expect(await contents(directory)).toEqual(expected);
    }
  });

  it('of a shard with a key that has since moved to another shard does not duplicate the key', async () => {
    const directory = newDirectory();
    const options = { numShards: 2, sideIndexFrom: 1 };
    const tier = newTier(directory, options);
    await tier.putMany(KEYS.map((key) => makeEntry(key)));
    await tier.close();
    const [low, high] = ['shard_00.jsonl', 'shard_01.jsonl'].map((name) => join(directory, name)) as [string, string];
    appendFileSync(high, readFileSync(low));
    for (let opening = 0; opening < 3; opening++) expect((await contents(directory, options)).size).toBe(KEYS.length);
    expect(readdirSync(directory).filter((name) => name.endsWith('.index')).length).toBeGreaterThan(0);
  });

  it('is not written before a further change of the shard would show in its modification time', async () => {
    const { directory, shard, index } = await withSideIndex();
    const tier = newTier(directory, OPTIONS);
    await tier.put('late', makeEntry('late'));
    await tier.close();
    expect(statSync(index).mtimeMs - statSync(shard).mtimeMs).toBeGreaterThan(20);
    expect((await contents(directory)).has('late')).toBe(true);
  });

  it('is removed when its shard is cleared, and not written with a limit, for few entries, or if disabled', async () => {
    const { directory, index } = await withSideIndex();
    const tier = newTier(directory, OPTIONS);
    await tier.clear();
    expect(existsSync(index)).toBe(false);
    await tier.put('a', makeEntry('a'));
    await tier.close();
    expect(existsSync(index)).toBe(true);
    for (const [options, config] of [
      [{ ...OPTIONS, sideIndexFrom: 3 }, {}],
      [{ ...OPTIONS, sideIndexFrom: null }, {}],
      [OPTIONS, { maxEntries: 5 }],
    ] as const) {
      const other = newTier(directory, { ...options, clock: new ManualClock() }, config);
      await other.put('a', makeEntry('a'));
      await other.close();
      expect(existsSync(index)).toBe(false);
    }
  });
});
