import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { HeadReader } from '../../src/lines/line-head.ts';
import { allLines, facts, makeEntry, newDirectory, newTier } from '../support/tiers.ts';

const LABELS = { country: 'DE', kind: 'residential', note: '5% = "é"' };
const labelled = (key: string) => makeEntry(key, { labels: LABELS, password: 'hunter2' });

/** The shard as ProxyWhirl rewrites it to store an entry: every object with all its members, as Python prints them. */
function rewriteAsProxyWhirl(path: string, touched: string): void {
  const lines = readFileSync(path, 'latin1').trim().split('\n');
  const printed = lines.map((line) => {
    const raw = JSON.parse(line) as Record<string, unknown>;
    if (raw['key'] === touched) for (const name of ['labels', 'checksum']) delete raw[name];
    return JSON.stringify(raw, null, 1)
      .replace(/\n */g, ' ')
      .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  });
  writeFileSync(path, `${printed.join('\n')}\n`);
}

it('labels survive reopening, in a human-readable line', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.putMany([labelled('a'), makeEntry('b')]);
  await tier.recordAccess([{ key: 'a', hits: 4, lastAccessed: 9 }]);
  await tier.close();
  expect((await tier.get('a'))?.labels).toEqual(LABELS);
  expect(await tier.put('a', makeEntry('a'))).toBe(true);
  expect(facts(await tier.get('a'))).toEqual(facts(makeEntry('a')));
  expect(allLines(directory)[0]).toContain('"labels":["country=DE","kind=residential",');
});

it('a line with labels is indexed without being parsed', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.putMany([labelled('a'), labelled('b')]);
  await tier.close();
  const read = vi.spyOn(HeadReader.prototype, 'read');
  const again = newTier(directory);
  expect(await again.keys()).toEqual(['a', 'b']);
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
});

it('labels of entries that ProxyWhirl does not change survive its rewriting of their shard', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.putMany([labelled('a'), labelled('b')]);
  rewriteAsProxyWhirl(join(directory, 'shard_00.jsonl'), 'b');
  expect(facts(await tier.get('a'))).toEqual(facts(labelled('a')));
  expect((await tier.get('b'))?.labels).toEqual({});
  expect(tier.statistics.evictionsCorruption).toBe(0);
});

it('a flipped bit in a label is detected', async () => {
  const directory = newDirectory();
  const tier = newTier(directory, { numShards: 1 });
  await tier.put('a', labelled('a'));
  await tier.close();
  const path = join(directory, 'shard_00.jsonl');
  writeFileSync(path, readFileSync(path, 'latin1').replace('country=DE', 'country=DG'));
  expect(await tier.get('a')).toBeUndefined();
  expect(tier.statistics.evictionsCorruption).toBe(1);
});

it.each(['["country"]', '5', '[["country=DE"]]', '{"country":5}'])(
  'a record with labels %s is damaged',
  async (labels) => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.putMany([makeEntry('a'), makeEntry('b')]);
    const path = join(directory, 'shard_00.jsonl');
    const [first, ...rest] = readFileSync(path, 'latin1').split('\n');
    writeFileSync(path, [first!.replace(/,"checksum":"[^"]*"\}$/, `,"labels":${labels}}`), ...rest].join('\n'));
    expect(await tier.get('a')).toBeUndefined();
    expect((await tier.get('b'))?.key).toBe('b');
    expect(tier.statistics.evictionsCorruption).toBe(1);
  },
);
