import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it, vi } from 'vitest';
import type { JsonlCacheTier } from '../../src/index.ts';
import { DirectoryMarks } from '../../src/marks/directory-marks.ts';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const ALONE = { after: 100, timeoutMs: 1000 };
const always = () => true;
const marksOf = async (tier: JsonlCacheTier) => [...(await tier.marks.read())!];

function oneShard(options = {}, config = {}) {
  const directory = newDirectory();
  const path = join(directory, 'shard_00.jsonl.marks');
  return { directory, path, tier: newTier(directory, { numShards: 1, ...options }, config) };
}

const alone = (tier: JsonlCacheTier, key: string) => tier.marks.writeAlone([{ key, entry: makeEntry(key) }], ALONE);

it('there is no file of marks until something is marked', async () => {
  const { directory, path, tier } = oneShard();
  await tier.put('a', makeEntry('a'));
  await tier.marks.putIf([makeEntry('b')], always);
  expect(await marksOf(tier)).toEqual([]);
  expect(existsSync(path)).toBe(false);
  expect(directory).toBeTruthy();
});

it('the marks are read by another tier, and are human-readable', async () => {
  const { directory, path, tier } = oneShard();
  const other = newTier(directory);
  await other.open();
  const [version] = (await alone(tier, 'ä'))!;
  const [removal] = (await tier.marks.writeAlone([{ key: 'b', entry: null }], ALONE))!;
  expect(version! % 2).toBe(1);
  expect(versionOf((await other.get('ä'))!)).toBe(version);
  expect(await marksOf(other)).toEqual([
    ['ä', 0],
    ['b', removal],
  ]);
  expect(readFileSync(path, 'latin1')).toMatch(/^\{"pw_mark":\["\\u00e4",0\],"checksum":"[0-9a-f]{8}"\}\n/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('a file of marks that nothing is left in is empty', async () => {
  const { path, tier } = oneShard();
  await alone(tier, 'a');
  await alone(tier, 'b');
  await tier.marks.putIf([makeEntry('a')], always);
  expect(await marksOf(tier)).toEqual([['b', 0]]);
  expect(await tier.marks.change('b', () => ({ unmark: true }))).toBe(true);
  expect(await marksOf(tier)).toEqual([]);
  expect(statSync(path).size).toBe(0);
});

it('a torn last line is ignored and dropped, any other damaged line marks everything', async () => {
  const { directory, path, tier } = oneShard();
  await alone(tier, 'a');
  writeFileSync(path, `${readFileSync(path, 'latin1')}{"pw_mark":["b",`);
  const other = newTier(directory);
  expect(await marksOf(other)).toEqual([['a', 0]]);
  await alone(other, 'c');
  expect(readFileSync(path, 'latin1').split('\n')).toHaveLength(3);
  expect(await marksOf(tier)).toEqual([
    ['a', 0],
    ['c', 0],
  ]);
  writeFileSync(path, readFileSync(path, 'latin1').replace('"c"', '"d"'));
  expect(await marksOf(tier)).toEqual([
    ['a', 0],
    [null, 0],
  ]);
  expect(await tier.marks.unmarkAll(0)).toBe(true);
  expect(await marksOf(tier)).toEqual([['a', 0]]);
});

it('a file of marks does not grow with each write of the same key', async () => {
  const { path, tier } = oneShard();
  await alone(tier, 'a');
  const { size } = statSync(path);
  for (let n = 0; n < 10; n++) await alone(tier, 'a');
  expect(statSync(path).size).toBe(size);
});

it('a file of marks is rewritten once most of it is outdated', async () => {
  const { path, tier } = oneShard();
  await alone(tier, 'a');
  for (let n = 0; n < 2000; n++) await tier.marks.writeAlone([{ key: 'b', entry: null }], ALONE);
  expect(statSync(path).size).toBeLessThan(80 * 1024);
  expect((await marksOf(tier)).map(([key]) => key)).toEqual(['a', 'b']);
});

it('the marks move with their keys to another number of shards', async () => {
  const directory = newDirectory();
  const keys = Array.from({ length: 40 }, (_, n) => `key${n}`);
  const tier = newTier(directory, { numShards: 16 });
  await tier.marks.writeAlone(
    keys.map((key, n) => ({ key, entry: n % 2 ? makeEntry(key) : null })),
    ALONE,
  );
  await tier.marks.markAll();
  const before = new Map(await marksOf(tier));
  await tier.close();
  const fewer = newTier(directory, { numShards: 3 });
  expect(new Map(await marksOf(fewer))).toEqual(before);
  const seen: unknown[] = [];
  await fewer.marks.unmarkAll(0);
  await fewer.marks.deleteIf(keys, (_key, mark) => seen.push(mark) === 0);
  expect(seen.filter((mark) => mark === undefined)).toEqual([]);
  await fewer.close();
  for (let shard = 3; shard < 16; shard++)
    expect(
      statSync(join(directory, `shard_${String(shard).padStart(2, '0')}.jsonl.marks`), { throwIfNoEntry: false })
        ?.size ?? 0,
    ).toBe(0);
});

it('marked entries are neither evicted nor removed when they expire', async () => {
  const clock = new ManualClock();
  const { directory, tier } = oneShard({ clock }, { maxEntries: 3 });
  const other = newTier(directory, { clock });
  await tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key)));
  await alone(other, 'a');
  await tier.put('d', makeEntry('d'));
  await tier.put('e', makeEntry('e'));
  expect((await tier.keys()).sort()).toEqual(['a', 'd', 'e']);
  clock.advance(10 * 86_400_000);
  expect(await tier.get('a')).toBeUndefined();
  expect(await tier.cleanupExpired()).toBe(2);
  expect(await tier.cleanupExpired()).toBe(0);
  let found: unknown;
  await tier.marks.change('a', ({ entry, mark }) => {
    found = [entry?.key, mark];
    return { unmark: true };
  });
  expect(found).toEqual(['a', 0]);
  expect(await tier.cleanupExpired()).toBe(1);
});

it('an entry that another process has marked is not removed by the read that finds it expired', async () => {
  const clock = new ManualClock();
  const { directory, tier } = oneShard({ clock });
  const other = newTier(directory, { clock });
  await tier.put('a', makeEntry('a'));
  await alone(other, 'a');
  expect((await tier.get('a'))?.key).toBe('a');
  clock.advance(10 * 86_400_000);
  expect(await tier.get('a')).toBeUndefined();
  let isThere = false;
  await other.marks.change('a', ({ entry }) => {
    isThere = entry !== undefined;
    return undefined;
  });
  expect(isThere).toBe(true);
});

it('an entry that is marked while it is being evicted stays', async () => {
  const { tier } = oneShard({}, { maxEntries: 2 });
  await alone(tier, 'a');
  // As if it was marked right after the eviction looked.
  const looked = vi.spyOn(DirectoryMarks.prototype, 'isMarked').mockReturnValue(false);
  for (const key of ['b', 'c']) await tier.put(key, makeEntry(key));
  looked.mockRestore();
  expect((await tier.keys()).sort()).toEqual(['a', 'b', 'c']);
  expect(tier.failureCount).toBe(0);
  await tier.put('d', makeEntry('d'));
  expect((await tier.keys()).sort()).toEqual(['a', 'd']);
});

it('an entry whose mark is gone can be evicted again', async () => {
  const { tier } = oneShard({}, { maxEntries: 2 });
  await alone(tier, 'a');
  for (const key of ['b', 'c']) await tier.put(key, makeEntry(key));
  expect((await tier.keys()).sort()).toEqual(['a', 'c']);
  await tier.marks.change('a', () => ({ unmark: true }));
  await tier.put('d', makeEntry('d'));
  expect((await tier.keys()).sort()).toEqual(['c', 'd']);
});

it('clearOlder removes what is older, with the marks that are needless then', async () => {
  const { tier } = oneShard({ numShards: 4 });
  await tier.putMany([stampEntry(makeEntry('old'), 50), makeEntry('none'), stampEntry(makeEntry('new'), 60)]);
  await tier.marks.change('new', () => undefined);
  expect(await tier.marks.clearOlder(60)).toBe(true);
  expect(await tier.keys()).toEqual(['new']);
});

it('clearAlone leaves the mark of everything with a version above all, and a later entry', async () => {
  const { directory, tier } = oneShard({ numShards: 4 });
  const far = 2 ** 52;
  await tier.putMany([stampEntry(makeEntry('a'), far), makeEntry('b')]);
  await alone(tier, 'b');
  const version = (await tier.marks.clearAlone(ALONE))!;
  expect(version).toBeGreaterThan(far);
  expect(version % 2).toBe(1);
  expect(await tier.size()).toBe(0);
  expect(await marksOf(tier)).toEqual([[null, version]]);
  const [later] = (await tier.marks.writeAlone([{ key: 'c', entry: makeEntry('c') }], ALONE))!;
  expect(later).toBeGreaterThan(version);
  expect(await marksOf(newTier(directory))).toEqual([
    [null, version],
    ['c', 0],
  ]);
});

it('an error of a caller is thrown, and is not a failure of the store', async () => {
  const { tier } = oneShard();
  await tier.put('a', makeEntry('a'));
  const failing = () => {
    throw new RangeError('planted');
  };
  await expect(tier.marks.putIf([makeEntry('a')], failing)).rejects.toThrow('planted');
  await expect(tier.marks.deleteIf(['a'], failing)).rejects.toThrow('planted');
  await expect(tier.marks.change('a', failing)).rejects.toThrow('planted');
  await expect(tier.marks.updateAlone('a', failing, ALONE)).rejects.toThrow('planted');
  expect(tier.failureCount).toBe(0);
  expect(await tier.has('a')).toBe(true);
});

describe('the keys of entries without a version', () => {
  const versioned = (key: string) => stampEntry(makeEntry(key), 4098);

  it('are listed, whoever wrote the entry and whenever it was read', async () => {
    const { directory, tier } = oneShard({ numShards: 3 });
    const other = newTier(directory);
    await other.open();
    await tier.putMany([versioned('a'), versioned('b'), makeEntry('c'), makeEntry('d')]);
    await tier.put('a', makeEntry('a'));
    await tier.put('c', versioned('c'));
    for (const each of [tier, other, newTier(directory)])
      expect([...(await each.marks.withoutVersion())!].sort()).toEqual(['a', 'd']);
  });

  it('are known from a side index', async () => {
    const { directory, tier } = oneShard({ sideIndexFrom: 1 });
    await tier.putMany([versioned('a'), versioned('b'), makeEntry('c')]);
    await tier.close();
    expect(existsSync(join(directory, 'shard_00.jsonl.index'))).toBe(true);
    const again = newTier(directory);
    expect(await again.marks.withoutVersion()).toEqual(['c']);
    expect(versionOf((await again.get('b'))!)).toBe(4098);
    expect(await again.size()).toBe(3);
  });

  it('are found in a shard as Python prints it', async () => {
    const { directory, tier } = oneShard();
    await tier.putMany([versioned('a'), makeEntry('b')]);
    const path = join(directory, 'shard_00.jsonl');
    const lines = readFileSync(path, 'latin1').trim().split('\n');
    writeFileSync(path, lines.map((line) => `${line.replace(/":/g, '": ').replace(/,"/g, ', "')}\n`).join(''));
    expect(await tier.marks.withoutVersion()).toEqual(['b']);
    expect(await newTier(directory).marks.withoutVersion()).toEqual(['b']);
  });
});
