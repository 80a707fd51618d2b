import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { shardOfKey } from '../../src/layout/shard-of-key.ts';
import { allLines, makeEntry, newDirectory, newTier, shardFiles } from '../support/tiers.ts';

/** Number of shard files with content: those beyond the number of shards are left empty. */
function filledShards(directory: string): number {
  return shardFiles(directory).filter((name) => statSync(join(directory, name)).size > 0).length;
}

describe('two tiers on one directory', () => {
  it('see changes made by each other at their next operation', async () => {
    const directory = newDirectory();
    const clock = new ManualClock();
    const a = newTier(directory, { clock });
    const b = newTier(directory, { clock });
    await a.open();
    await b.open();
    await a.put('x', makeEntry('x', { source: 'a1' }));
    expect((await b.get('x'))?.source).toBe('a1');
    await b.put('x', makeEntry('x', { source: 'b1' }));
    expect((await a.get('x'))?.source).toBe('b1');
    await a.put('y', makeEntry('y', { ttlSeconds: 1 }));
    expect(await b.size()).toBe(2);
    expect(await b.delete('x')).toBe(true);
    expect(await a.has('x')).toBe(false);
    expect(await a.keys()).toEqual(['y']);
    clock.advance(1000);
    expect(await b.cleanupExpired()).toBe(1);
    expect(await a.get('y')).toBeUndefined();
    expect(a.statistics.evictionsTtl).toBe(0);
    await a.put('z', makeEntry('z'));
    expect(await b.clear()).toBe(1);
    expect(await a.size()).toBe(0);
    await a.put('z', makeEntry('z', { source: 'again' }));
    expect((await b.get('z'))?.source).toBe('again');
  });

  it('follow a compaction by the other', async () => {
    const directory = newDirectory();
    const a = newTier(directory, { numShards: 1 });
    const b = newTier(directory);
    await a.putMany(Array.from({ length: 20 }, (_, n) => makeEntry(`k${n}`)));
    expect(await b.size()).toBe(20);
    const before = readFileSync(join(directory, 'shard_00.jsonl')).length;
    for (let n = 0; n < 400; n++) await a.put('k0', makeEntry('k0', { accessCount: n }));
    expect(await b.get('k0')).toMatchObject({ accessCount: 399 });
    for (let n = 1; n < 20; n++) expect(await b.get(`k${n}`)).toBeDefined();
    expect(readFileSync(join(directory, 'shard_00.jsonl')).length).toBeLessThan(before + 100_000);
    expect(await b.put('k5', makeEntry('k5', { source: 'b' }))).toBe(true);
    expect((await a.get('k5'))?.source).toBe('b');
  });

  it('follow ProxyWhirl when it replaces a whole shard', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.putMany([makeEntry('a'), makeEntry('b')]);
    const path = join(directory, 'shard_00.jsonl');
    const [a] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(`${path}.123.456.tmp`, `${a}\n`);
    renameSync(`${path}.123.456.tmp`, path);
    expect(await tier.get('b')).toBeUndefined();
    expect(await tier.get('a')).toBeDefined();
    expect(await tier.put('c', makeEntry('c'))).toBe(true);
    expect(allLines(directory)).toHaveLength(2);
    rmSync(path);
    expect(await tier.size()).toBe(0);
    expect(await tier.put('d', makeEntry('d'))).toBe(true);
    expect(await tier.keys()).toEqual(['d']);
  });

  it('detect a file that was cut and then appended to', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.putMany([makeEntry('a', { source: 'one' }), makeEntry('b')]);
    const path = join(directory, 'shard_00.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines[1]}\n${lines[1]}\n${lines[1]}\n`);
    expect(await tier.get('a')).toBeUndefined();
    expect(await tier.keys()).toEqual(['b']);
    expect(tier.statistics.evictionsCorruption).toBe(0);
  });
});

describe('the number of shards', () => {
  it('is recorded, and used when the directory is reopened', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 3 });
    await tier.putMany(Array.from({ length: 60 }, (_, n) => makeEntry(`k${n}`)));
    await tier.close();
    const again = newTier(directory);
    expect(await again.size()).toBe(60);
    await again.put('more', makeEntry('more'));
    expect(shardFiles(directory)).toEqual(['shard_00.jsonl', 'shard_01.jsonl', 'shard_02.jsonl']);
  });

  it.each([
    [16, 4],
    [4, 16],
    [1, 7],
  ])('changes from %i to %i without losing or duplicating a record', async (from, to) => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: from });
    await tier.putMany(Array.from({ length: 100 }, (_, n) => makeEntry(`k${n}`, { source: 'old', password: 'p' })));
    for (let n = 0; n < 20; n++) await tier.put(`k${n}`, makeEntry(`k${n}`, { source: 'new' }));
    await tier.delete('k99');
    await tier.close();
    const changed = newTier(directory, { numShards: to });
    expect(await changed.size()).toBe(99);
    for (let n = 0; n < 99; n++) expect((await changed.get(`k${n}`))?.source, `k${n}`).toBe(n < 20 ? 'new' : 'old');
    await changed.delete('k98');
    await changed.close();
    expect(filledShards(directory)).toBeLessThanOrEqual(to);
    const again = newTier(directory);
    expect((await again.keys()).length).toBe(98);
    expect(await again.get('k98')).toBeUndefined();
    expect(await again.get('k99')).toBeUndefined();
    await again.close();
    // And back: notes of the first change have no effect.
    const back = newTier(directory, { numShards: from });
    expect(await back.size()).toBe(98);
  });

  it('is adopted when another process changes it, whichever operations are in progress', async () => {
    const directory = newDirectory();
    const a = newTier(directory, { numShards: 8 });
    await a.putMany(Array.from({ length: 50 }, (_, n) => makeEntry(`k${n}`)));
    const b = newTier(directory, { numShards: 3 });
    const busy = Array.from({ length: 50 }, (_, n) => a.put(`k${n}`, makeEntry(`k${n}`, { source: 'during' })));
    expect(await b.size()).toBe(50);
    expect(new Set(await Promise.all(busy))).toEqual(new Set([true]));
    for (let n = 0; n < 50; n++) {
      expect((await a.get(`k${n}`))?.source, `a k${n}`).toBe('during');
      expect((await b.get(`k${n}`))?.source, `b k${n}`).toBe('during');
    }
    expect(await a.put('after', makeEntry('after'))).toBe(true);
    expect(await b.get('after')).toBeDefined();
    expect(await b.delete('k0')).toBe(true);
    expect(await a.get('k0')).toBeUndefined();
    expect(JSON.parse(readFileSync(join(directory, 'pw-cache.json'), 'utf8'))).toEqual({ format: 1, num_shards: 3 });
  });

  it('is detected by the next write after a change, whichever shard it concerns', async () => {
    const keys = Array.from({ length: 500 }, (_, n) => `k${n}`).filter(
      (key) => shardOfKey(key, 8) < 3 && shardOfKey(key, 3) !== shardOfKey(key, 8),
    );
    for (const key of keys.slice(0, 5)) {
      const directory = newDirectory();
      const idle = newTier(directory, { numShards: 8 });
      await idle.putMany(Array.from({ length: 50 }, (_, n) => makeEntry(`old${n}`)));
      const other = newTier(directory, { numShards: 3 });
      await other.open();
      expect(await idle.put(key, makeEntry(key))).toBe(true);
      expect((await other.get(key))?.key).toBe(key);
    }
  });

  it('can change without old notes of deletions removing later values', async () => {
    const directory = newDirectory();
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);
    const first = newTier(directory, { numShards: 7 });
    await first.putMany(keys.map((key) => makeEntry(key)));
    await first.deleteMany(keys);
    await first.close();
    const second = newTier(directory, { numShards: 3 });
    await second.putMany(keys.map((key) => makeEntry(key)));
    await second.close();
    expect((await newTier(directory).keys()).length).toBe(100);
  });

  it('becomes our default for a directory that ProxyWhirl created with more, without losing a record', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 32 });
    await tier.putMany(Array.from({ length: 100 }, (_, n) => makeEntry(`k${n}`)));
    await tier.close();
    rmSync(join(directory, 'pw-cache.json'));
    const ours = newTier(directory);
    expect(await ours.size()).toBe(100);
    expect(filledShards(directory)).toBeLessThanOrEqual(16);
  });
});

describe('after a crash', () => {
  it('temporary files are removed when the directory is opened, except those that may be in use', async () => {
    const directory = newDirectory();
    mkdirSync(directory);
    const old = new Date(Date.now() - 2 * 3600 * 1000);
    for (const name of ['shard_01.jsonl.99.77.tmp', 'shard_02.jsonl.pw-0123456789ab.tmp', 'mine.tmp']) {
      writeFileSync(join(directory, name), 'x');
      utimesSync(join(directory, name), old, old);
    }
    writeFileSync(join(directory, 'shard_03.jsonl.99.77.tmp'), 'fresh');
    await newTier(directory).open();
    expect(
      readdirSync(directory)
        .filter((name) => !name.startsWith('pw-holder.'))
        .sort(),
    ).toEqual(['mine.tmp', 'pw-cache.json', 'shard_03.jsonl.99.77.tmp']);
  });

  it('between the note of a deletion and the overwriting of its line, the line is overwritten later', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.putMany([makeEntry('a'), makeEntry('b')]);
    const path = join(directory, 'shard_00.jsonl');
    const before = readFileSync(path);
    await tier.delete('a');
    await tier.close();
    const note = readFileSync(path).subarray(before.length);
    writeFileSync(path, before);
    appendFileSync(path, note);
    const again = newTier(directory);
    expect(await again.keys()).toEqual(['b']);
    expect(readFileSync(path, 'utf8')).not.toContain('"key":"a"');
  });

  it('entries cleaned up by another process that then appended are not cleaned up again', async () => {
    const directory = newDirectory();
    const clock = new ManualClock();
    const [a, b] = [newTier(directory, { clock, numShards: 1 }), newTier(directory, { clock, numShards: 1 })];
    await a.put('replaced', makeEntry('replaced'));
    for (const key of ['replaced', 'swept', 'kept'])
      await a.put(key, makeEntry(key, { fetchTime: clock.now(), ttlSeconds: key === 'kept' ? 60 : 1 }));
    expect(await b.size()).toBe(3);
    clock.advance(2000);
    expect(await a.cleanupExpired()).toBe(2);
    expect(await b.cleanupExpired()).toBe(0);
    expect(await b.keys()).toEqual(['kept']);
  });
});
