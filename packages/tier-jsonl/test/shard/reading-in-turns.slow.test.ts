import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileGuard } from '@pw/cache-models/tier';
import fc from 'fast-check';
import { expect, it, onTestFinished, vi } from 'vitest';
import { compactShard } from '../../src/compaction/compact-shard.ts';
import { RecordIndex } from '../../src/index/record-index.ts';
import { LockLost } from '../../src/lock/lock-lost.ts';
import type { ShardMarks } from '../../src/marks/shard-marks.ts';
import { Shard } from '../../src/shard/shard.ts';
import { ShardFile } from '../../src/shard/shard-file.ts';
import type { ShardListener } from '../../src/shard/shard-listener.ts';
import { ShardWriter } from '../../src/shard/shard-writer.ts';
import type { SideIndexFile } from '../../src/side-index/side-index-file.ts';
import { upTo, wellFormed } from '../support/hostile-kinds.ts';
import { facts, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

// Every time slice is used up immediately here, so that other work interleaves wherever it can.
vi.mock('../../src/shard/slice.ts', () => ({
  TimeSlice: class {
    renewIfOver = () => true;
  },
}));

const recordOf = (key: string) => `{"key":"${key}","expires_at":"2999-01-01T00:00:00+00:00"}\n`;

interface Opened {
  readonly path: string;
  readonly shard: Shard;
  readonly index: RecordIndex;
  /** Replaces the file, as ProxyWhirl does, which ignores our lock. */
  replace(text: string): void;
}

function opened(text: string): Opened {
  const directory = newDirectory();
  mkdirSync(directory);
  const path = join(directory, 'shard_00.jsonl');
  writeFileSync(path, text);
  const index = new RecordIndex(undefined);
  const listener = {
    now: () => 0,
    reading() {},
    damaged() {},
    readAgain() {},
    replaced() {},
    wantsChanges: () => false,
  };
  const side = { discard() {}, read: () => undefined } as unknown as SideIndexFile;
  const shard = new Shard(0, new ShardFile(path, new FileGuard()), index, listener as unknown as ShardListener, side);
  onTestFinished(() => shard.file.close());
  shard.refresh();
  const replace = (other: string) => {
    writeFileSync(`${path}.other`, other);
    renameSync(`${path}.other`, path);
  };
  return { path, shard, index, replace };
}

it('compaction does not overwrite a file that others put in place, and that a read has followed', async () => {
  const { path, shard, index, replace } = opened(`${recordOf('a')}${' '.repeat(500)}\n${recordOf('b')}`);
  const theirs = `${recordOf('b')}${recordOf('theirs')}`;
  const steps = compactShard(shard, index, () => true);
  let isReplaced = false;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) {
      expect(step.value).toBe(false);
      break;
    }
    await step.value;
    if (isReplaced) continue;
    replace(theirs);
    shard.refresh();
    isReplaced = true;
  }
  expect(readFileSync(path, 'latin1')).toBe(theirs);
});

it('repair does not change a file that others put in place, and that a read has followed', async () => {
  const { path, shard, index, replace } = opened(`${upTo(3000, 'rubbish\n')}${recordOf('a')}`);
  const theirs = wellFormed(4000);
  const lock = { confirmHeld: () => true, isStillOurs: () => true };
  const noMarks = {} as ShardMarks;
  const repair = async () => {
    let steps = 0;
    for (const waiting of new ShardWriter({
      shard,
      index,
      lock,
      marks: noMarks,
      durability: 'normal',
      olderOf: () => [],
    }).repairSteps(() => true)) {
      await waiting;
      // The damaged line has been copied by now, and is about to be overwritten.
      if (waiting === undefined || ++steps > 1) continue;
      replace(theirs);
      shard.refresh();
    }
  };
  await expect(repair()).rejects.toThrow(LockLost);
  expect(readFileSync(path, 'latin1')).toBe(theirs);
});

it('a paused reading is abandoned for a synchronous one, and leaves nothing behind', () => {
  const { path, shard, index, replace } = opened(`${recordOf('a')}${upTo(20_000, 'rubbish\n')}${recordOf('b')}`);
  const damaged = () => [...shard.lines.damaged].map(({ offset, lines }) => [offset, lines]);
  const expected = damaged();
  expect(expected).toEqual([[recordOf('a').length, 2500]]);
  const steps = shard.refreshSteps(true);
  for (let n = 0; n < 3; n++) expect(steps.next().done).toBe(false);
  expect(shard.isReading).toBe(true);
  shard.refresh();
  expect(shard.isReading).toBe(false);
  expect(damaged()).toEqual(expected);
  expect(index.countOf(0)).toBe(2);
  expect(steps.next()).toEqual({ done: true, value: true });
  expect(shard.isReading).toBe(false);
  expect(damaged()).toEqual(expected);
  expect(index.countOf(0)).toBe(2);
  // Records read from a removed file no longer count.
  const again = shard.refreshSteps(true);
  for (let n = 0; n < 3; n++) expect(again.next().done).toBe(false);
  rmSync(path);
  shard.refresh();
  expect(again.next().done).toBe(true);
  expect(shard.isReading).toBe(false);
  expect(damaged()).toEqual([]);
  expect(index.countOf(0)).toBe(0);
  replace(recordOf('c'));
  shard.refresh();
  expect(index.countOf(0)).toBe(1);
});

it('entries stored by others cause evictions once they are read', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 2 }, { maxEntries: 10 });
  await tier.putMany(Array.from({ length: 10 }, (_, n) => makeEntry(`own-${n}`)));
  const other = newTier(directory);
  await other.putMany(Array.from({ length: 7 }, (_, n) => makeEntry(`other-${n}`)));
  expect(await tier.put('last', makeEntry('last'))).toBe(true);
  expect(await tier.size()).toBe(10);
  expect(await other.size()).toBe(10);
  expect(tier.failureCount + other.failureCount).toBe(0);
});

it('operations wait during a long reading, and then answer correctly', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('known', makeEntry('known'));
  const path = join(directory, 'shard_00.jsonl');
  writeFileSync(path, `${readFileSync(path, 'latin1')}${upTo(100_000, '{"a":1}\n')}${wellFormed(500_000)}`);
  const [known, first, isThere, size, keys, seen, put, gone] = await Promise.all([
    tier.get('known'),
    tier.get('key-0'),
    tier.has('key-1'),
    tier.size(),
    tier.keys(),
    tier.recordAccess([{ key: 'key-1', hits: 5, lastAccessed: 7 }]),
    tier.put('new', makeEntry('new')),
    tier.delete('key-3'),
  ]);
  expect(facts(known)).toEqual(facts(makeEntry('known')));
  expect(first?.key).toBe('key-0');
  expect(isThere).toBe(true);
  expect(seen).toBe(1);
  expect(put).toBe(true);
  expect(gone).toBe(true);
  expect(keys.length).toBe(size);
  expect(keys).toContain('key-2');
  expect(await tier.keys()).not.toContain('key-3');
  expect((await tier.get('key-1'))?.accessCount).toBe(5);
});

it('concurrent operations through several tiers of a directory all take effect', async () => {
  const act = fc.tuple(fc.constantFrom('put', 'delete', 'get', 'size'), fc.nat(2), fc.nat(20));
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.nat(3), async (acts, rubbish) => {
      const directory = newDirectory();
      const tiers = [0, 1, 2].map(() => newTier(directory, { numShards: 2 }));
      await tiers[0]!.putMany(Array.from({ length: 21 }, (_, n) => makeEntry(`k${n}`)));
      const path = join(directory, 'shard_01.jsonl');
      for (let n = 0; n < rubbish; n++) writeFileSync(path, 'rubbish\n', { flag: 'a' });
      // For each key the last put or delete counts: all operations on a key go through one tier, in order.
      const last = new Map<string, string>();
      await Promise.all(
        acts.map(async ([kind, , n]) => {
          const tier = tiers[n % 3]!;
          const key = `k${n}`;
          if (kind === 'put' || kind === 'delete') last.set(key, kind);
          if (kind === 'put') expect(await tier.put(key, makeEntry(key))).toBe(true);
          else if (kind === 'delete') await tier.delete(key);
          else if (kind === 'get') await tier.get(key);
          else expect(await tier.size()).toBeLessThanOrEqual(21);
        }),
      );
      const expected = new Set<string>();
      for (let n = 0; n < 21; n++) if (last.get(`k${n}`) !== 'delete') expected.add(`k${n}`);
      for (const tier of tiers) {
        expect(new Set(await tier.keys())).toEqual(expected);
        expect(tier.failureCount).toBe(0);
      }
      await Promise.all(tiers.map((tier) => tier.close()));
    }),
    { numRuns: 40 },
  );
});
