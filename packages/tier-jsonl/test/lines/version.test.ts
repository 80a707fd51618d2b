import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordChecksum } from '@pw/cache-models';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { TestCipher } from '@pw/tier-testkit';
import { expect, it } from 'vitest';
import { allLines, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const stamped = (key: string, version: number, fields = {}) => stampEntry(makeEntry(key, fields), version);

/** Replaces the only line of the only shard. */
function rewriteLine(directory: string, change: (line: string) => string): void {
  const path = join(directory, 'shard_00.jsonl');
  writeFileSync(path, `${change(readFileSync(path, 'latin1').trim())}\n`);
}

async function versionAgain(directory: string, key: string, options = {}): Promise<number | undefined> {
  const again = newTier(directory, options);
  const entry = await again.get(key);
  return entry && versionOf(entry);
}

it('every read returns the version that was put, and the line says it before its checksum', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.putMany([stamped('a', 4098)]);
  expect(versionOf((await tier.get('a'))!)).toBe(4098);
  expect(versionOf((await tier.peek('a'))!)).toBe(4098);
  for await (const entry of tier.entries()) expect(versionOf(entry)).toBe(4098);
  expect(allLines(directory)[0]).toMatch(/,"pw_version":4098,"checksum":"[0-9a-f]{8}"\}$/);
});

it('an entry without a version is written as before', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', stamped('a', 4098));
  await tier.put('a', makeEntry('a'));
  expect(versionOf((await tier.get('a'))!)).toBe(0);
  expect(allLines(directory).at(-1)).not.toContain('pw_version');
});

it('the version survives new access metadata, a compaction, another number of shards and a reseal', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', stamped('a', 4098, { password: 'hunter2' }));
  await tier.recordAccess([{ key: 'a', hits: 4, lastAccessed: 9 }]);
  const counted = await tier.get('a');
  expect([counted!.accessCount, versionOf(counted!)]).toEqual([4, 4098]);
  await tier.close();
  expect(await versionAgain(directory, 'a', { numShards: 3 })).toBe(4098);
  const cipher = new TestCipher('k2', 'k1');
  const resealing = newTier(directory, { cipher });
  for await (const _ of resealing.reseal(10));
  expect(allLines(directory).filter((line) => line.includes('"key":'))).toHaveLength(1);
  expect(await versionAgain(directory, 'a', { cipher })).toBe(4098);
});

it('a record that another program wrote from scratch has no version', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', stamped('a', 4098));
  rewriteLine(directory, (line) => line.replace(/,"pw_version":4098,"checksum":"[^"]*"/, ''));
  expect(versionOf((await tier.get('a'))!)).toBe(0);
});

it('a version without a checksum does not count, and gets none when its line is rewritten', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', stamped('a', 4098));
  rewriteLine(directory, (line) => line.replace(/,"checksum":"[^"]*"/, ''));
  expect(versionOf((await tier.get('a'))!)).toBe(0);
  await tier.recordAccess([{ key: 'a', hits: 4, lastAccessed: 9 }]);
  await tier.close();
  expect(allLines(directory).at(-1)).toContain('"checksum"');
  expect(await versionAgain(directory, 'a')).toBe(0);
});

it('a flipped digit of a version is detected', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', stamped('a', 4098));
  rewriteLine(directory, (line) => line.replace('4098', '4099'));
  expect(await tier.get('a')).toBeUndefined();
  expect(tier.statistics.evictionsCorruption).toBe(1);
});

it.each(['-2', '1.5', '"4098"', 'null', '9007199254740992'])('a stored version of %s is none', async (version) => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', stamped('a', 4098));
  rewriteLine(directory, (line) => {
    const { checksum: _checksum, ...members } = JSON.parse(line.replace('4098', version)) as Record<string, unknown>;
    return JSON.stringify({ ...members, checksum: recordChecksum(members) });
  });
  expect(versionOf((await tier.get('a'))!)).toBe(0);
});
