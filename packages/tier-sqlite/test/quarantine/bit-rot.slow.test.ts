import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheEntry, HEALTH_STATUSES } from '@pw/cache-models';
import { TestCipher } from '@pw/tier-testkit';
import { describe, expect, it } from 'vitest';
import { DiskCacheTier, SqliteCacheTier } from '../../src/index.ts';
import { KINDS, type Kind, makeEntry, NOW, reveal, tempDir, withDatabase } from '../support.ts';

// Flips per tier. For more: ROT_RUNS=10000 vitest run packages/tier-sqlite/test/quarantine/bit-rot.slow.test.ts
const RUNS = Number(process.env['ROT_RUNS'] ?? 150);
const clock = { now: () => -1e15 };

function entries(): CacheEntry[] {
  return Array.from({ length: 40 }, (_, i) =>
    makeEntry(`key-${i}`, {
      source: `source ${i % 3}`,
      password: i % 2 ? `secret ${i}` : null,
      healthStatus: HEALTH_STATUSES[i % 5]!,
      accessCount: i,
      totalHealthChecks: i * 7,
      lastHealthCheck: NOW - i,
      lastHealthError: i % 4 ? null : `error ${i}`,
      labels: i % 3 ? {} : { country: `C${i % 5}`, kind: 'residential' },
    }),
  );
}

/** A repeatable stream of numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function open(kind: Kind, directory: string) {
  const options = { cipher: new TestCipher('k1'), clock };
  return kind.name === 'DiskCacheTier'
    ? new DiskCacheTier({ ...options, directory })
    : new SqliteCacheTier({ ...options, path: kind.file(directory) });
}

describe.each(KINDS)('$name on a database with flipped bits', (kind) => {
  it('never returns a wrong record', { timeout: 30_000 + RUNS * 100 }, () => {
    const origin = tempDir();
    const first = open(kind, origin);
    const stored = new Map(entries().map((entry) => [entry.key, JSON.stringify(reveal(entry))]));
    first.putMany(entries());
    first.recordAccess([{ key: 'key-1', hits: 0, lastAccessed: NOW }]);
    first.close();
    const whole = readFileSync(kind.file(origin));
    const random = randomFrom(7);
    const directory = tempDir();
    const wrong: string[] = [];
    let noticed = 0;
    for (let run = 0; run < RUNS; run++) {
      const copy = Buffer.from(whole);
      for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
        const at = Math.floor(random() * copy.length);
        copy[at] = copy[at]! ^ (1 << Math.floor(random() * 8));
      }
      rmSync(directory, { recursive: true, force: true });
      const tier = open(kind, directory);
      tier.open();
      tier.close();
      writeFileSync(kind.file(directory), copy);
      const found = [...stored.keys()].map((key) => tier.get(key)).concat([...tier.entries()]);
      if (tier instanceof SqliteCacheTier) {
        for (const source of ['source 0', 'source 1', 'source 2'])
          found.push(...tier.query({ source, includeExpired: true }).entries);
        found.push(...tier.query({ labels: { kind: 'residential' }, includeExpired: true }).entries);
      }
      for (const entry of found) {
        if (entry === undefined) noticed++;
        else if (JSON.stringify(reveal(entry)) !== stored.get(entry.key))
          wrong.push(`run ${run}: ${JSON.stringify(reveal(entry))}`);
      }
      tier.close();
    }
    expect(wrong).toEqual([]);
    expect(noticed).toBeGreaterThan(0);
  });

  it('moves a damaged row unchanged to quarantine and keeps the others', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(entries());
    const path = kind.file(directory);
    withDatabase(path, (db) => db.exec(`UPDATE ${kind.table} SET source = 'rot', ttl_seconds = 9 WHERE key = 'key-3'`));
    expect(tier.get('key-3')).toBeUndefined();
    expect(tier.statistics).toMatchObject({ evictionsCorruption: 1, currentSize: 39 });
    expect(tier.enabled && tier.failureCount === 0).toBe(true);
    const aside = withDatabase(path, (db) => db.prepare(`SELECT * FROM ${kind.side}_quarantine`).all());
    expect(aside).toMatchObject([{ key: 'key-3', source: 'rot', ttl_seconds: 9, total_health_checks: 21 }]);
    expect(tier.put('key-3', makeEntry('key-3'))).toBe(true);
    expect(tier.get('key-3')).toBeDefined();
  });

  it('treats a row without a checksum as damaged if only we can have written it', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(entries());
    withDatabase(kind.file(directory), (db) => db.exec(`DELETE FROM ${kind.side} WHERE key = 'key-3'`));
    expect(tier.get('key-3')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(1);
  });

  it('rebuilds an index that points to the wrong row, and loses neither row', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany([makeEntry('first'), makeEntry('other')]);
    tier.close();
    const path = kind.file(directory);
    copyFileSync(path, join(directory, 'before'));
    const page = readFileSync(path);
    // In the index of keys an entry is the key's bytes, then its rowid: the two keys of equal length change places.
    const root = withDatabase(path, (db) =>
      db.prepare(`SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_${kind.table}_1'`).pluck().get(),
    ) as number;
    const size = page.readUInt16BE(16);
    const index = page.subarray((root - 1) * size, root * size);
    const [first, other] = [index.indexOf('first') + 5, index.indexOf('other') + 5];
    const rowid = Buffer.from(index.subarray(first, first + 6));
    index.copyWithin(first, other, other + 6);
    rowid.copy(index, other);
    writeFileSync(path, page);
    expect(tier.get('first')?.key).toBe('first');
    expect(tier.get('other')?.key).toBe('other');
    expect(tier.size()).toBe(2);
  });
});
