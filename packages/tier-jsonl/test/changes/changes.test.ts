import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stampEntry } from '@pw/cache-models/tier';
import { expect, it } from 'vitest';
import { ChangeReports } from '../../src/changes/change-reports.ts';
import type { JsonlCacheTier } from '../../src/index.ts';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

/** Two tiers on one directory, and what the first one reports, taken by each call. */
async function listening(options = {}) {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1, ...options });
  const other = newTier(directory, { numShards: 1 });
  await other.putMany(['a', 'b', 'c'].map((key) => makeEntry(key)));
  await tier.open();
  const seen: (string | null)[] = [];
  tier.changes.subscribe((key) => void seen.push(key));
  const polled = async () => {
    expect(await tier.changes.poll()).toBe(true);
    return seen.splice(0).sort();
  };
  expect(await polled()).toEqual([null]);
  return { directory, path: join(directory, 'shard_00.jsonl'), tier, other, seen, polled };
}

async function compact(tier: JsonlCacheTier): Promise<void> {
  for await (const _ of tier.reseal(100));
}

it('a poll reports what others put and delete, once', async () => {
  const { other, polled } = await listening();
  await other.put('a', makeEntry('a', { source: 'other' }));
  await other.put('ä', makeEntry('ä'));
  await other.delete('b');
  expect(await polled()).toEqual(['a', 'b', 'ä']);
  expect(await polled()).toEqual([]);
});

it('a poll does not report what the tier itself changes', async () => {
  const { tier, polled } = await listening();
  await tier.put('a', makeEntry('a', { source: 'own' }));
  await tier.put('d', makeEntry('d'));
  await tier.delete('b');
  await tier.update('c', (entry) => entry.with({ source: 'own' }));
  await compact(tier);
  expect(await polled()).toEqual([]);
});

it('a poll does not report new access metadata', async () => {
  const { other, polled } = await listening();
  await other.recordAccess([{ key: 'a', hits: 7, lastAccessed: 5, evictedFromL1: true }]);
  await other.close();
  expect(await polled()).toEqual([]);
});

it('a poll reports an equal value that is put again', async () => {
  const { other, polled } = await listening();
  await other.put('a', makeEntry('a'));
  expect(await polled()).toEqual(['a']);
});

it('a poll reports a new version of an equal value', async () => {
  const { other, polled } = await listening();
  await other.put('a', stampEntry(makeEntry('a'), 4098));
  expect(await polled()).toEqual(['a']);
});

it('a get that finds a change reports it', async () => {
  const { tier, other, seen } = await listening();
  await other.put('a', makeEntry('a', { source: 'other' }));
  expect((await tier.get('b'))?.key).toBe('b');
  await Promise.resolve();
  expect(seen).toEqual(['a']);
});

it('of a file that another process compacted, what this one knows to be unchanged is not reported', async () => {
  const { tier, other, polled } = await listening();
  await tier.getMany(['a', 'b', 'c']);
  await tier.put('d', makeEntry('d'));
  await other.put('b', makeEntry('b', { source: 'other' }));
  await compact(other);
  expect(await polled()).toEqual(['b']);
  await other.put('c', makeEntry('c', { source: 'other' }));
  await compact(other);
  // What was unchanged the first time is still known.
  expect(await polled()).toEqual(['b', 'c']);
});

it('after a clear by another process every key is reported', async () => {
  const { other, polled } = await listening();
  await other.clear();
  expect(await polled()).toEqual(['a', 'b', 'c']);
});

it('what ProxyWhirl stores and leaves out of a file that it replaces is reported', async () => {
  const { path, tier, polled } = await listening();
  await tier.getMany(['a', 'b', 'c']);
  const [a, b] = readFileSync(path, 'latin1').split('\n');
  const { checksum: _checksum, ...changed } = JSON.parse(b!) as Record<string, unknown>;
  writeFileSync(`${path}.tmp`, `${a}\n${JSON.stringify({ ...changed, source: 'theirs' })}\n`);
  renameSync(`${path}.tmp`, path);
  expect(await polled()).toEqual(['b', 'c']);
});

it('a change of the same length in place is reported', async () => {
  const { path, tier, polled } = await listening();
  await tier.getMany(['a', 'b', 'c']);
  const text = readFileSync(path, 'latin1');
  const [, second = ''] = text.split('\n');
  const { checksum: _checksum, ...members } = JSON.parse(second) as Record<string, unknown>;
  const padded = JSON.stringify({ ...members, source: 'other' }).padEnd(second.length, ' ');
  await new Promise((resolve) => setTimeout(resolve, 30));
  writeFileSync(path, text.replace(second, padded));
  expect(await polled()).toEqual(['b']);
});

it('a file that another process creates or removes is reported', async () => {
  const { path, tier, other, polled } = await listening();
  await other.close();
  copyFileSync(path, `${path}.kept`);
  renameSync(path, `${path}.away`);
  expect(await polled()).toEqual(['a', 'b', 'c']);
  renameSync(`${path}.kept`, path);
  expect(await polled()).toEqual(['a', 'b', 'c']);
  expect(await tier.size()).toBe(3);
});

it('more changes than are worth listing are reported as null', () => {
  const reports = new ChangeReports();
  const seen: (string | null)[] = [];
  reports.add((key) => void seen.push(key));
  for (let n = 0; n <= 10_000; n++) reports.note(`key${n}`);
  reports.flush();
  expect(seen).toEqual([null]);
});

it('another number of shards is reported as null', async () => {
  const { directory, other, polled, tier } = await listening();
  await other.close();
  const fewer = newTier(directory, { numShards: 3 });
  await fewer.open();
  expect(await polled()).toContain(null);
  expect(await tier.size()).toBe(3);
});

it('a poll returns true and reads nothing without a listener, and false for a tier that is off', async () => {
  const { tier, polled } = await listening();
  for (let n = 0; n < 3; n++) tier.handleFailure(new Error('planted'));
  expect(await tier.changes.poll()).toBe(false);
  tier.resetFailures();
  expect(await polled()).toEqual([]);
  expect(await newTier(newDirectory()).changes.poll()).toBe(true);
});
