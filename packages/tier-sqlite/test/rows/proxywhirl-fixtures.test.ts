import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExpectedEntry, fixturePath, readFixtureJson } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import type { DiskCacheTier } from '../../src/index.ts';
import { fromExpected, type Kind, L2, L3, reveal, tempDir, withDatabase } from '../support.ts';

interface Expected {
  readonly entries: Readonly<Record<string, ExpectedEntry>>;
}

interface Quirks {
  readonly real_behaviour: Readonly<Record<string, { readonly get: ExpectedEntry | null }>>;
}

// Early enough that no entry of the set has expired.
const clock = { now: () => -1e15 };
const hasNoCredentials = ({ username, password }: ExpectedEntry) => username === null && password === null;

const SETS: readonly { readonly set: string; readonly kind: Kind; readonly count: number }[] = [
  { set: 'l2_sqlite', kind: L2, count: 200 },
  { set: 'l3', kind: L3, count: 200 },
  { set: 'l3_old', kind: L3, count: 50 },
  { set: 'l3_reordered', kind: L3, count: 20 },
];

describe.each(SETS)('the database $set that ProxyWhirl wrote', ({ set, kind, count }) => {
  it('is read with all fields, and keeps the order of its columns', () => {
    const directory = fixturePath(set, tempDir());
    const { entries } = readFixtureJson<Expected>(`${set}.expected.json`);
    expect(Object.keys(entries)).toHaveLength(count);
    const path = kind.file(directory);
    const before = withDatabase(path, (db) =>
      db.prepare(`SELECT name FROM pragma_table_info('${kind.table}')`).pluck().all(),
    );
    const tier = kind.make(directory, {}, { clock });
    const plain = Object.values(entries).filter(hasNoCredentials);
    for (const expected of plain) expect(reveal(tier.get(expected.key))).toEqual(fromExpected(expected));
    expect(tier.size()).toBe(count);
    expect(tier.statistics).toMatchObject({ hits: plain.length, evictionsCorruption: 0 });
    for (const expected of Object.values(entries)) {
      if (!hasNoCredentials(expected)) expect(tier.get(expected.key)).toBeUndefined();
    }
    // This cipher lacks the key of the set's tokens: their rows stay, and do not count as corrupt.
    expect(tier.statistics).toMatchObject({ undecryptable: count - plain.length, evictionsCorruption: 0 });
    const after = withDatabase(path, (db) =>
      db.prepare(`SELECT name FROM pragma_table_info('${kind.table}')`).pluck().all(),
    );
    expect(after.slice(0, before.length)).toEqual(before);
  });

  it('can be written, and every row then has a checksum', () => {
    const directory = fixturePath(set, tempDir());
    const tier = kind.make(directory, {}, { clock });
    const plain = [...tier.entries()];
    expect(plain.length).toBeGreaterThan(0);
    tier.putMany(plain.map((entry) => entry.with({ totalHealthChecks: 42, lastHealthError: 'x' })));
    tier.close();
    for (const entry of plain) {
      expect(reveal(tier.get(entry.key))).toEqual({
        ...reveal(entry),
        totalHealthChecks: 42,
        lastHealthError: 'x',
      });
    }
    const sound = withDatabase(kind.file(directory), (db) =>
      db.prepare(`SELECT count(*) FROM ${kind.side}`).pluck().get(),
    );
    expect(sound).toBe(plain.length);
  });
});

/** Plain credentials before an `@` are moved to the encrypted fields, unless these are set already. */
function userInfoMoved(expected: ExpectedEntry): ExpectedEntry {
  const found = /^(.*:\/\/)([^:@]*):([^@]*)@(.*)$/.exec(expected.proxy_url);
  if (found === null) return expected;
  const [, scheme, username, password, place] = found;
  const own = { username: expected.username ?? username!, password: expected.password ?? password! };
  return { ...expected, ...own, proxy_url: `${scheme}${place}` };
}

describe('shards that ProxyWhirl wrote', () => {
  it('are migrated with all fields and left unchanged; a second run changes nothing', () => {
    const from = fixturePath('l2_jsonl', tempDir());
    const { entries } = readFixtureJson<Expected>('l2_jsonl.expected.json');
    const plain = Object.values(entries).filter(hasNoCredentials);
    const tier = L2.make(tempDir(), {}, { clock }) as DiskCacheTier;
    expect(tier.migrateFromJsonl(from)).toEqual({ migrated: plain.length, skipped: 0, failed: 200 - plain.length });
    for (const expected of plain) expect(reveal(tier.get(expected.key))).toEqual(fromExpected(userInfoMoved(expected)));
    expect(tier.migrateFromJsonl(from)).toEqual({ migrated: 0, skipped: plain.length, failed: 200 - plain.length });
    expect(tier.migrateFromJsonl(join(from, '..'))).toEqual({ migrated: 0, skipped: 0, failed: 0 });
  });

  it('report progress, and give the same result when an interrupted migration is run again', () => {
    const from = fixturePath('l2_jsonl', tempDir());
    const files = () => readdirSync(from).map((name) => [name, readFileSync(join(from, name), 'utf8')]);
    // One key in two shards, fetched later in the first: the last shard wins nevertheless.
    const line = (source: string, fetched: string) =>
      `${JSON.stringify({ key: 'twice', proxy_url: 'http://h:1', source, fetch_time: fetched, last_accessed: fetched, access_count: 0, ttl_seconds: 9, expires_at: '2036-01-01T00:00:00+00:00', health_status: 'healthy', failure_count: 0 })}\n`;
    appendFileSync(join(from, 'shard_00.jsonl'), line('first shard', '2025-05-05T00:00:00+00:00'));
    appendFileSync(join(from, 'shard_15.jsonl'), line('last shard', '2025-01-01T00:00:00+00:00'));
    const before = files();
    const whole = L2.make(tempDir(), {}, { clock }) as DiskCacheTier;
    const shards: number[] = [];
    const result = whole.migrateFromJsonl(from, {
      onProgress: ({ shard, shards: of, migrated }) => {
        expect(of).toBe(16);
        expect(migrated).toEqual(whole.size());
        shards.push(shard);
      },
    });
    expect(shards).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(result.skipped).toBe(1);
    for (const stopAt of [1, 7, 16]) {
      const tier = L2.make(tempDir(), {}, { clock }) as DiskCacheTier;
      const onProgress = ({ shard }: { shard: number }) => {
        if (shard === stopAt) throw new Error('broken off');
      };
      expect(() => tier.migrateFromJsonl(from, { onProgress })).toThrow('broken off');
      tier.migrateFromJsonl(from);
      expect([...tier.entries()].map(reveal)).toEqual([...whole.entries()].map(reveal));
      expect(tier.get('twice')?.source).toBe('last shard');
    }
    expect(files()).toEqual(before);
  });

  it('with invalid lines are migrated as far as they are readable', () => {
    const tier = L2.make(tempDir(), {}, { clock }) as DiskCacheTier;
    const { real_behaviour } = readFixtureJson<Quirks>('l2_jsonl_quirks.expected.json');
    const result = tier.migrateFromJsonl(fixturePath('l2_jsonl_quirks'));
    expect(result.migrated).toBe(tier.size());
    expect(result.failed).toBeGreaterThan(0);
    for (const [key, { get }] of Object.entries(real_behaviour)) {
      if (get !== null && hasNoCredentials(get)) expect(tier.has(key), key).toBe(true);
    }
  });
});
