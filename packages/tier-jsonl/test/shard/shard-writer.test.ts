import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileGuard } from '@pw/cache-models/tier';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RecordIndex } from '../../src/index/record-index.ts';
import type { RawRecord } from '../../src/lines/raw-record.ts';
import { encodeRaw } from '../../src/lines/record-line.ts';
import { LockLost } from '../../src/lock/lock-lost.ts';
import type { ShardMarks } from '../../src/marks/shard-marks.ts';
import { Shard } from '../../src/shard/shard.ts';
import { ShardFile } from '../../src/shard/shard-file.ts';
import type { ShardListener } from '../../src/shard/shard-listener.ts';
import { ShardWriter } from '../../src/shard/shard-writer.ts';
import type { SideIndexFile } from '../../src/side-index/side-index-file.ts';
import { newDirectory } from '../support/tiers.ts';

/** A shard of a file with this content. */
const noMarks = {
  begin() {},
  write() {},
  own: new Map(),
  ofEverything: undefined,
  areNone: true,
} as unknown as ShardMarks;

function shardWith(text: string) {
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
    wantsChanges: () => false,
    replaced() {},
    changed() {},
  } as unknown as ShardListener;
  const side = { discard() {}, read: () => undefined } as unknown as SideIndexFile;
  const shard = new Shard(0, new ShardFile(path, new FileGuard()), index, listener, side);
  onTestFinished(() => shard.file.close());
  shard.refresh();
  return { directory, path, index, shard };
}

describe('accesses that are stored again because the lock was lost', () => {
  /** The count in the file after a write that lost its lock, what happened to the file, and the repeated write. */
  function countAfter(happens: (path: string, before: string) => void): unknown {
    const before = encodeRaw({ key: 'k', expires_at: '2999-01-01T00:00:00+00:00', access_count: 5 });
    const { path, index, shard } = shardWith(`${before}\n`);
    const lock = { confirmHeld: () => true, isStillOurs: () => false };
    const writer = new ShardWriter({ shard, index, lock, marks: noMarks, durability: 'normal', olderOf: () => [] });
    const onStored = vi.fn();
    const access = { kind: 'access', key: 'k', facts: { hits: 3, lastAccessed: 1 }, attempt: { onStored } } as const;
    expect(() => writer.run([access])).toThrow(LockLost);
    happens(path, before);
    lock.isStillOurs = () => true;
    shard.requireFullRead();
    shard.refresh();
    expect(writer.run([access]).answers).toEqual([true]);
    expect(onStored).toHaveBeenCalledTimes(1);
    return (JSON.parse(readFileSync(path, 'latin1').trim().split('\n').at(-1)!) as RawRecord)['access_count'];
  }

  it('are not added twice if the lost write is in the file', () => {
    expect(countAfter(() => {})).toBe(8);
  });

  it('are added if it is not', () => {
    expect(countAfter((path, before) => writeFileSync(path, `${before}\n`))).toBe(8);
  });

  it('are added to what another process has added meanwhile', () => {
    const two = (before: string) => encodeRaw({ ...(JSON.parse(before) as RawRecord), access_count: 7 });
    expect(countAfter((path, before) => writeFileSync(path, `${two(before)}\n`))).toBe(10);
  });
});

it('lines reported as damaged by another shard during a repair are neither overwritten nor forgotten', async () => {
  const late = '{"key":"late","expires_at":"2999-01-01T00:00:00+00:00"}';
  const { directory, path, index, shard } = shardWith(`rubbish\n${late}\n${'rubbish\n'.repeat(1000)}`);
  const lock = { confirmHeld: () => true, isStillOurs: () => true };
  const place = index.rangeOf(index.find('late'));
  let isAdded = false;
  for (const waiting of new ShardWriter({
    shard,
    index,
    lock,
    marks: noMarks,
    durability: 'normal',
    olderOf: () => [],
  }).repairSteps(() => true)) {
    if (waiting === undefined) continue;
    await waiting;
    // By now, the found lines are copied to the quarantine, and are about to be overwritten.
    shard.lines.addSuspect(place);
    isAdded = true;
  }
  expect(isAdded).toBe(true);
  expect(readFileSync(path, 'latin1').trim()).toBe(late);
  expect(readFileSync(join(directory, 'quarantine', 'shard_00.jsonl'), 'latin1')).toBe('rubbish\n'.repeat(1001));
  expect([...shard.lines.damaged]).toEqual([{ ...place, lines: 1 }]);
});
