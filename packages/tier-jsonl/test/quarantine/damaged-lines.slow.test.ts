import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheEntry } from '@pw/cache-models';
import { count, fixturePath, ManualClock, makeTempDir, RecordingLogger, readFixtureJson } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JsonlCacheTier } from '../../src/index.ts';
import { facts, makeEntry, newDirectory, newTier, shardFiles } from '../support/tiers.ts';

const ONE_SHARD = { numShards: 1 };

/** A closed directory of one shard with these entries, in lines of our own. */
async function written(entries: readonly CacheEntry[]): Promise<{ directory: string; path: string; bytes: Buffer }> {
  const directory = newDirectory();
  const tier = newTier(directory, ONE_SHARD);
  await tier.putMany(entries);
  await tier.close();
  const path = join(directory, 'shard_00.jsonl');
  return { directory, path, bytes: readFileSync(path) };
}

const ten = () =>
  Array.from({ length: 10 }, (_, n) =>
    makeEntry(`key-${n}`, { source: `source-${n}`, username: `user-${n}`, accessCount: n, failureCount: 3 }),
  );

describe('a damaged shard', () => {
  it('cut at any byte of its last line keeps all other lines, and accepts new ones', async () => {
    const entries = ten();
    const { directory, path, bytes } = await written(entries);
    const lastStart = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    for (let length = bytes.length - 1; length >= lastStart; length -= count(3, 1)) {
      writeFileSync(path, bytes.subarray(0, length));
      const tier = new JsonlCacheTier({ directory, cipher: undefined, clock: new ManualClock() });
      // A last line that lacks only its newline is complete.
      const kept = length === bytes.length - 1 ? 10 : 9;
      expect((await tier.keys()).length).toBe(kept);
      expect(await tier.put('new', makeEntry('new'))).toBe(true);
      await tier.close();
      const again = new JsonlCacheTier({ directory, clock: new ManualClock() });
      expect(new Set(await again.keys())).toEqual(new Set([...entries.slice(0, kept).map(({ key }) => key), 'new']));
      expect(again.statistics.evictionsCorruption).toBe(0);
      await again.close();
    }
    expect(existsSync(join(directory, 'quarantine', 'shard_00.jsonl'))).toBe(true);
  });

  it('with an expiry corrupted into the past is detected, although expired records are not read', async () => {
    const { directory, path, bytes } = await written(ten());
    const year = bytes.indexOf('"expires_at":"') + '"expires_at":"'.length;
    bytes[year] = '1'.charCodeAt(0);
    writeFileSync(path, bytes);
    const tier = newTier(directory);
    expect((await tier.keys()).length).toBe(9);
    expect(tier.statistics.evictionsCorruption).toBe(1);
    expect(existsSync(join(directory, 'quarantine', 'shard_00.jsonl'))).toBe(true);
  });

  it('with a key corrupted into one of another shard is detected, whichever is read first', async () => {
    const keys = Array.from({ length: 10 }, (_, n) => `key-${n}`);
    for (const shard of [0, 1]) {
      const directory = newDirectory();
      const tier = newTier(directory, { numShards: 2 });
      await tier.putMany(keys.map((key) => makeEntry(key)));
      await tier.close();
      const path = join(directory, `shard_0${shard}.jsonl`);
      const text = readFileSync(path, 'latin1');
      const pairs = keys.flatMap((key, n) => [1, 2, 4, 8].map((bit) => [key, `key-${n ^ bit}`] as const));
      const [from, to] = pairs.find(
        ([a, b]) => text.includes(`"${a}"`) && keys.includes(b) && !text.includes(`"${b}"`),
      )!;
      writeFileSync(path, text.replace(`"key":"${from}"`, `"key":"${to}"`), 'latin1');
      const again = newTier(directory);
      expect(new Set(await again.keys())).toEqual(new Set(keys.filter((key) => key !== from)));
      expect(facts(await again.get(to))).toEqual(facts(makeEntry(to)));
      expect(again.statistics.evictionsCorruption).toBe(1);
    }
  });

  it('with a flipped bit returns no wrong record and hides no other', async () => {
    const entries = ten();
    const { directory, path, bytes } = await written(entries);
    const expected = new Map(entries.map((entry) => [entry.key, facts(entry)]));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const flipped = Buffer.from(bytes);
          flipped[at] = flipped[at]! ^ (1 << bit);
          writeFileSync(path, flipped);
          const tier = newTier(directory);
          let found = 0;
          // A key may have been corrupted into another one.
          for (const key of new Set([...expected.keys(), ...(await tier.keys())])) {
            const entry = await tier.get(key);
            if (entry === undefined) continue;
            expect(facts(entry)).toEqual(expected.get(key));
            found++;
          }
          // A corrupted newline joins two lines; both are salvaged.
          expect(found).toBeGreaterThanOrEqual(9);
          if (found < 10 || bytes[at] === 0x0a) expect(tier.statistics.evictionsCorruption).toBeGreaterThan(0);
          await tier.close();
        },
      ),
      { numRuns: count(150, 1000) },
    );
  });

  it('has each damaged line counted once, and set aside byte for byte', async () => {
    const { directory, path, bytes } = await written(ten());
    const odd = Buffer.from(' garbage{{{\n\xff\xfe\n{"key": "cut", "proxy_url": "http\n', 'latin1');
    const wrong = Buffer.from(bytes.toString('latin1').replace('"source":"source-3"', '"source":"source-4"'), 'latin1');
    writeFileSync(path, Buffer.concat([odd, wrong]));
    const logger = new RecordingLogger();
    const tier = newTier(directory, { logger });
    await tier.open();
    expect(tier.statistics.evictionsCorruption).toBe(3);
    expect(await tier.get('key-3')).toBeUndefined();
    expect(await tier.get('key-3')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(4);
    expect(await tier.size()).toBe(9);
    expect(tier.enabled).toBe(true);
    await tier.close();
    const aside = readFileSync(join(directory, 'quarantine', 'shard_00.jsonl'));
    expect(aside.subarray(0, odd.length)).toEqual(odd);
    expect(aside.toString()).toContain('"key":"key-3"');
    expect(logger.text).not.toContain('garbage');
    const again = newTier(directory);
    expect(await again.size()).toBe(9);
    expect(again.statistics.evictionsCorruption).toBe(0);
  });

  it('of blanks, lists and objects without a key is left unchanged, also by compaction', async () => {
    const { directory, path, bytes } = await written(ten());
    writeFileSync(path, Buffer.concat([Buffer.from('\n   \n[]\n{"note": "mine"}\n'), bytes]));
    const tier = newTier(directory);
    await tier.putMany(Array.from({ length: 300 }, (_, n) => makeEntry('same', { accessCount: n })));
    for (let n = 0; n < 300; n++) await tier.put('same', makeEntry('same', { accessCount: n }));
    await tier.close();
    const text = readFileSync(path, 'utf8');
    expect(text.length).toBeLessThan(100_000);
    expect(text).toContain('[]\n{"note": "mine"}\n');
    expect(tier.statistics.evictionsCorruption).toBe(0);
    expect(await newTier(directory).size()).toBe(11);
  });
});

describe("ProxyWhirl's files", () => {
  interface Expected {
    readonly entries: Record<string, Record<string, unknown>>;
  }

  it.each(['l2_jsonl', 'l2_jsonl_rotated'])(
    '%s: every key is present, and entries without credentials are as ProxyWhirl reads them',
    async (name) => {
      const { entries } = readFixtureJson<Expected>(`${name}.expected.json`);
      const directory = fixturePath(name, makeTempDir(onTestFinished));
      const tier = newTier(directory, { clock: new ManualClock(-6e13) });
      expect(new Set(await tier.keys())).toEqual(new Set(Object.keys(entries)));
      let read = 0;
      for (const [key, expected] of Object.entries(entries)) {
        const entry = await tier.get(key);
        if (expected['username'] !== null || expected['password'] !== null) {
          expect(entry).toBeUndefined();
          continue;
        }
        read++;
        expect(entry).toMatchObject({
          proxyUrl: expected['proxy_url'],
          source: expected['source'],
          accessCount: expected['access_count'],
          ttlSeconds: expected['ttl_seconds'],
          healthStatus: expected['health_status'],
          lastHealthError: expected['last_health_error'],
          totalHealthChecks: expected['total_health_checks'],
        });
        expect(entry!.expiresAt).toBeCloseTo(Number(expected['expires_at']) * 1000, 2);
      }
      if (name === 'l2_jsonl') expect(read).toBeGreaterThan(50);
      expect(tier.statistics.evictionsCorruption).toBe(0);
      expect(tier.enabled).toBe(true);
    },
  );

  it('open despite unusual lines, and return at least what ProxyWhirl reads', async () => {
    interface Quirks {
      readonly real_behaviour: Record<string, { readonly get: Record<string, unknown> | null }>;
    }
    const { real_behaviour: real } = readFixtureJson<Quirks>('l2_jsonl_quirks.expected.json');
    const directory = fixturePath('l2_jsonl_quirks', makeTempDir(onTestFinished));
    const tier = newTier(directory);
    await tier.open();
    for (const [key, { get: expected }] of Object.entries(real)) {
      const entry = await tier.get(key);
      if (expected === null || expected['username'] !== null || expected['password'] !== null) continue;
      expect(entry, key).toMatchObject({ key, proxyUrl: expected['proxy_url'], source: expected['source'] });
    }
    expect((await tier.get('dup'))?.source).toBe('last');
    expect((await tier.get('two-shards'))?.source).toBe('in-15');
    expect(await tier.get('wrong-shard')).toBeDefined();
    expect(await tier.get('naive')).toBeDefined();
    expect(tier.enabled).toBe(true);
    expect(await tier.delete('two-shards')).toBe(true);
    await tier.close();
    expect(await newTier(directory).get('two-shards')).toBeUndefined();
  });

  it('open despite lines that are fatal to ProxyWhirl, set those aside, and return the other entry', async () => {
    const { lines_hex: lines } = readFixtureJson<{ lines_hex: Record<string, string> }>(
      'l2_jsonl_fatal_lines.expected.json',
    );
    const { bytes } = await written([makeEntry('good')]);
    for (const [name, hex] of Object.entries(lines)) {
      const directory = newDirectory();
      mkdirSync(directory);
      writeFileSync(join(directory, 'shard_00.jsonl'), Buffer.concat([Buffer.from(hex, 'hex'), bytes]));
      const tier = newTier(directory, ONE_SHARD);
      await tier.open();
      expect((await tier.get('good'))?.key, name).toBe('good');
      expect(await tier.keys(), name).toEqual(['good']);
      expect(tier.statistics.evictionsCorruption, name).toBe(1);
      await tier.close();
      expect(readFileSync(join(directory, 'quarantine', 'shard_00.jsonl')).toString('hex')).toContain(hex.slice(0, -2));
    }
  });

  it('keep their checksums when printed by Python, and may have updates without one', async () => {
    const entry = makeEntry('ключ', { source: 'é🙂\u2028', lastHealthError: 'a"\\\n\u0000', accessCount: 2 ** 53 - 1 });
    const { directory, path, bytes } = await written([entry]);
    const record = JSON.parse(bytes.toString()) as Record<string, unknown>;
    writeFileSync(path, `${asPython(record)}\n`);
    const tier = newTier(directory);
    expect(facts(await tier.get('ключ'))).toEqual(facts(entry));
    const { checksum: _dropped, ...rest } = record;
    writeFileSync(path, `${asPython({ ...rest, source: 'updated by the other' })}\n`);
    expect((await tier.get('ключ'))?.source).toBe('updated by the other');
    writeFileSync(path, `${asPython({ ...record, source: 'rotten' })}\n`);
    expect(await tier.get('ключ')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(1);
    expect(shardFiles(directory)).toEqual(['shard_00.jsonl']);
  });
});

/** The record as Python's `json.dumps` prints it. */
function asPython(record: Record<string, unknown>): string {
  const members = Object.entries(record).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{${members.join(', ')}}`.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
