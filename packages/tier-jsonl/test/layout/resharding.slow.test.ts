import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { entryToRecord, silentLogger } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChangeReports } from '../../src/changes/change-reports.ts';
import { RecordIndex } from '../../src/index/record-index.ts';
import { parseJsonlTierOptions } from '../../src/jsonl-tier-options.ts';
import { dropOlder } from '../../src/layout/drop-older.ts';
import { shardFileName, shardOfKey } from '../../src/layout/shard-of-key.ts';
import { ShardSet } from '../../src/shard/shard-set.ts';
import { allLines, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

/** Keys that belong to the first and second of two shards. */
const keysOf = (shard: number): string[] =>
  Array.from({ length: 40 }, (_, n) => `k${n}`).filter((key) => shardOfKey(key, 2) === shard);
const [ofFirst, ofSecond] = [keysOf(0)[0]!, keysOf(1)[0]!];
const lineOf = (key: string, source: string) =>
  `${JSON.stringify(entryToRecord(makeEntry(key, { source }), undefined))}\n`;

const NO_FACTS = { expiresAt: 9e15, lastAccessed: 0, accessCount: 0, fetchTime: 0 };

/** A directory as a process left it: the content of its shard files and, unless written by ProxyWhirl, its layout. */
function leftBehind(shards: readonly string[], layout?: { num_shards: number; moving?: true }): string {
  const directory = newDirectory();
  mkdirSync(directory);
  for (const [number, text] of shards.entries()) writeFileSync(join(directory, shardFileName(number)), text);
  if (layout !== undefined) writeFileSync(join(directory, 'pw-cache.json'), JSON.stringify({ format: 1, ...layout }));
  return directory;
}

const layoutOf = (directory: string): unknown => JSON.parse(readFileSync(join(directory, 'pw-cache.json'), 'utf8'));
const recordsOf = (directory: string) => allLines(directory).filter((line) => line.includes('"proxy_url"'));

describe('a change of the number of shards', () => {
  it.each([
    [1, 2],
    [2, 1],
  ])('is detected by a tier with empty shards (%i to %i)', async (from, to) => {
    const directory = newDirectory();
    const old = newTier(directory, { numShards: from });
    for (const key of [ofFirst, ofSecond]) await old.put(key, makeEntry(key));
    expect(await old.clear()).toBe(2);
    const changed = newTier(directory, { numShards: to });
    expect(await changed.size()).toBe(0);
    for (const key of [ofFirst, ofSecond]) expect(await old.put(key, makeEntry(key, { source: 'old' }))).toBe(true);
    // The moved key first: reading the other one would read the shard where the moved key used to be.
    for (const key of [ofSecond, ofFirst]) expect((await changed.get(key))?.source).toBe('old');
  });

  it('does not fail any entry of a batch in progress', async () => {
    for (let round = 0; round < 6; round++) {
      const directory = newDirectory();
      const old = newTier(directory, { numShards: 4 });
      const entries = Array.from({ length: 200 }, (_, n) => makeEntry(`batch-${n}`, { source: `${round}` }));
      await old.putMany(entries.map(({ key }) => makeEntry(key, { source: 'before' })));
      const changed = newTier(directory, { numShards: 3 });
      const opening = Promise.resolve(changed.open());
      for (let turn = 0; turn < round; turn++) await nextTurn();
      expect(await old.putMany(entries)).not.toContain(false);
      await opening;
      for (const { key } of entries) expect((await changed.get(key))?.source).toBe(`${round}`);
      for (const tier of [old, changed]) await tier.close();
    }
  });

  it('moves thousands of records in each shard', async () => {
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

const toFewer = () =>
  leftBehind([lineOf(ofSecond, 'newer'), lineOf(ofSecond, 'older')], { num_shards: 1, moving: true });

describe('a move to another number of shards, stopped between storing a key at home and removing its old line', () => {
  const toMore = () =>
    leftBehind([lineOf(ofFirst, 'newer'), lineOf(ofFirst, 'older')], { num_shards: 2, moving: true });

  it.each([
    ['to 1 shard', toFewer, ofSecond],
    ['to 2 shards', toMore, ofFirst],
  ])('is completed by the next opening, whatever number of shards it requests: %s', async (_, make, key) => {
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

/** The shards of `toFewer`, read during the move. */
async function readHalfway(): Promise<{ directory: string; set: ShardSet }> {
  const directory = toFewer();
  const settings = parseJsonlTierOptions({ directory });
  const index = new RecordIndex(undefined, 2);
  const reports = new ChangeReports();
  const parts = { reports, settings, index, logger: silentLogger, clock: new ManualClock(), onDamaged: () => {} };
  const set = new ShardSet({ ...parts, numShards: 1, isMoving: true, found: [0, 1] });
  onTestFinished(() => set.close());
  await set.readAll();
  expect(set.shardOf(ofSecond)).toBe(0);
  return { directory, set };
}

describe('a line at home whose writer had lost the lock, and which disappears when the lock is taken over', () => {
  async function half(): Promise<{ directory: string; set: ShardSet }> {
    const { directory, set } = await readHalfway();
    const fence = join(directory, 'fence');
    writeFileSync(fence, lineOf('other', 'x'));
    renameSync(fence, join(directory, shardFileName(0)));
    return { directory, set };
  }
  const sourceIn = async (directory: string) => (await newTier(directory).get(ofSecond))?.source;

  it('does not remove the older line when its shard is emptied', async () => {
    const { directory, set } = await half();
    expect(await set.lane(1).submit({ kind: 'retire' })).toBe(false);
    expect(await sourceIn(directory)).toBe('older');
  });

  it('does not remove the older line when its shard is compacted', async () => {
    const { directory, set } = await half();
    await set.lane(1).submit({ kind: 'put', key: 'k', line: lineOf('k', 'x').trim(), facts: NO_FACTS });
    await set.lane(1).submit({ kind: 'delete', key: 'k', now: 0, onlyExpired: false });
    expect(await set.lane(1).compact()).toBe(true);
    expect(await sourceIn(directory)).toBe('older');
  });

  it('does not remove the older line when older lines are dropped', async () => {
    const { directory, set } = await half();
    expect(await dropOlder(set)).toBe(1);
    expect(await sourceIn(directory)).toBe('older');
  });

  it('makes the older line count again', async () => {
    const { set } = await half();
    set.refresh(0);
    expect(set.shardOf(ofSecond)).toBe(1);
  });
});

describe('a key with lines in two shards', () => {
  it('is deleted in both before the deletion is acknowledged', async () => {
    const { directory, set } = await readHalfway();
    expect(await set.atHome(ofSecond, { kind: 'delete', key: ofSecond, now: 0, onlyExpired: false })).toBe(true);
    expect(recordsOf(directory)).toEqual([]);
  });

  it('is in only one shard once a new value is acknowledged', async () => {
    const { directory, set } = await readHalfway();
    await set.atHome(ofSecond, {
      kind: 'put',
      key: ofSecond,
      line: lineOf(ofSecond, 'newest').trim(),
      facts: NO_FACTS,
    });
    expect(readFileSync(join(directory, shardFileName(1)), 'utf8')).not.toContain('proxy_url');
    expect((await newTier(directory).get(ofSecond))?.source).toBe('newest');
  });
});

describe('two lines of a key that ProxyWhirl left in two shards', () => {
  it.each([1, 2, 3, undefined])(
    'count as in ProxyWhirl, where the higher shard wins, whatever our number of shards: %s',
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
