import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileGuard } from '@pw/cache-models/tier';
import { expect, it, onTestFinished } from 'vitest';
import { RecordIndex } from '../../src/index/record-index.ts';
import type { ShardMarks } from '../../src/marks/shard-marks.ts';
import { Shard } from '../../src/shard/shard.ts';
import { ShardFile } from '../../src/shard/shard-file.ts';
import type { ShardListener } from '../../src/shard/shard-listener.ts';
import { ShardWriter } from '../../src/shard/shard-writer.ts';
import type { SideIndexFile } from '../../src/side-index/side-index-file.ts';
import { newDirectory } from '../support/tiers.ts';

it('lines reported as damaged by another shard during a repair are neither overwritten nor forgotten', async () => {
  const directory = newDirectory();
  mkdirSync(directory);
  const path = join(directory, 'shard_00.jsonl');
  const late = '{"key":"late","expires_at":"2999-01-01T00:00:00+00:00"}';
  writeFileSync(path, `rubbish\n${late}\n${'rubbish\n'.repeat(1000)}`);
  const index = new RecordIndex(undefined);
  const listener = {
    now: () => 0,
    reading() {},
    damaged() {},
    readAgain() {},
    replaced() {},
    wantsChanges: () => false,
  } as unknown as ShardListener;
  const side = { discard() {}, read: () => undefined } as unknown as SideIndexFile;
  const shard = new Shard(0, new ShardFile(path, new FileGuard()), index, listener, side);
  onTestFinished(() => shard.file.close());
  const lock = { confirmHeld: () => true, isStillOurs: () => true };
  const noMarks = {} as ShardMarks;
  shard.refresh();
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
