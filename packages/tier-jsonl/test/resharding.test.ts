import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as rest } from 'node:timers/promises';
import { entryToRecord } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { shardFileName, shardOfKey } from '../src/shard-of-key.ts';
import { allLines, makeEntry, newDirectory, newTier } from './support/tiers.ts';

/** Keys that belong to a shard of two. */
const keysOf = (shard: number): string[] =>
  Array.from({ length: 40 }, (_, n) => `k${n}`).filter((key) => shardOfKey(key, 2) === shard);
const [ofFirst, ofSecond] = [keysOf(0)[0]!, keysOf(1)[0]!];
const lineOf = (key: string, source: string) =>
  `${JSON.stringify(entryToRecord(makeEntry(key, { source }), undefined))}\n`;

/** A directory as a process left it: what its files of shards hold and, unless it was ProxyWhirl, its layout. */
function leftBehind(shards: readonly string[], layout?: { num_shards: number; moving?: true }): string {
  const directory = newDirectory();
  mkdirSync(directory);
  for (const [number, text] of shards.entries()) writeFileSync(join(directory, shardFileName(number)), text);
  if (layout !== undefined) writeFileSync(join(directory, 'pw-cache.json'), JSON.stringify({ format: 1, ...layout }));
  return directory;
}

const layoutOf = (directory: string): unknown => JSON.parse(readFileSync(join(directory, 'pw-cache.json'), 'utf8'));
const recordsOf = (directory: string) => allLines(directory).filter((line) => line.includes('"proxy_url"'));

describe('another number of shards', () => {
  it.each([
    [1, 2],
    [2, 1],
  ])('is noticed by a tier that has empty shards open (%i to %i)', async (from, to) => {
    const directory = newDirectory();
    const old = newTier(directory, { numShards: from });
    for (const key of [ofFirst, ofSecond]) await old.put(key, makeEntry(key));
    expect(await old.clear()).toBe(2);
    const changed = newTier(directory, { numShards: to });
    expect(await changed.size()).toBe(0);
    for (const key of [ofFirst, ofSecond]) expect(await old.put(key, makeEntry(key, { source: 'old' }))).toBe(true);
    // First the one that moved: to read the other one is to read the shard where it would be by mistake.
    for (const key of [ofSecond, ofFirst]) expect((await changed.get(key))?.source).toBe('old');
  });

  it('refuses nothing of a batch that is being stored', async () => {
    for (let round = 0; round < 6; round++) {
      const directory = newDirectory();
      const old = newTier(directory, { numShards: 4 });
      const entries = Array.from({ length: 200 }, (_, n) => makeEntry(`batch-${n}`, { source: `${round}` }));
      await old.putMany(entries.map(({ key }) => makeEntry(key, { source: 'before' })));
      const changed = newTier(directory, { numShards: 3 });
      const opening = Promise.resolve(changed.open());
      for (let turn = 0; turn < round; turn++) await rest();
      expect(await old.putMany(entries)).not.toContain(false);
      await opening;
      for (const { key } of entries) expect((await changed.get(key))?.source).toBe(`${round}`);
      for (const tier of [old, changed]) await tier.close();
    }
  });

  it('is reached with thousands of records in each shard', async () => {
    const directory = newDirectory();
    const entries = Array.from({ length: 9000 }, (_, n) => makeEntry(`many-${n}`));
    const first = newTier(directory, { numShards: 2 });
    expect(await first.putMany(entries)).not.toContain(false);
    await first.close();
    const changed = newTier(directory, { numShards: 1 });
    expect(await changed.size()).toBe(9000);
    await changed.close();
    expect(readFileSync(join(directory, shardFileName(1)), 'utf8')).toBe('');
    expect(layoutOf(directory)).toEqual({ format: 1, num_shards: 1 });
  });
});

describe('a change of the number of shards that broke off after a key was stored at home and before its older line was gone', () => {
  const toFewer = () =>
    leftBehind([lineOf(ofSecond, 'newer'), lineOf(ofSecond, 'older')], { num_shards: 1, moving: true });
  const toMore = () =>
    leftBehind([lineOf(ofFirst, 'newer'), lineOf(ofFirst, 'older')], { num_shards: 2, moving: true });

  it.each([
    ['1 of 2', toFewer, ofSecond],
    ['2 of 1', toMore, ofFirst],
  ])('is ended by the next opening, whatever number that asks for: %s', async (_, make, key) => {
    for (const numShards of [undefined, 1, 2, 3]) {
      const directory = make();
      const tier = newTier(directory, { numShards });
      expect((await tier.get(key))?.source).toBe('newer');
      await tier.close();
      expect(recordsOf(directory)).toHaveLength(1);
      const again = newTier(directory, { numShards: 5 });
      expect((await again.get(key))?.source).toBe('newer');
      expect((layoutOf(directory) as { moving?: true }).moving).toBeUndefined();
    }
  });
});

describe('two lines of a key that ProxyWhirl left in two shards', () => {
  it.each([1, 2, 3, undefined])(
    'count as it reads them, the higher shard’s first, with %s shards of ours',
    async (numShards) => {
      const directory = leftBehind([lineOf(ofFirst, 'lower'), lineOf(ofFirst, 'higher')]);
      const tier = newTier(directory, { numShards });
      expect((await tier.get(ofFirst))?.source).toBe('higher');
      await tier.close();
      expect(recordsOf(directory)).toHaveLength(1);
      const again = newTier(directory, { numShards: 4 });
      expect((await again.get(ofFirst))?.source).toBe('higher');
    },
  );
});
