import { readFileSync, writeFileSync } from 'node:fs';
import { CacheValidationError, MAX_KEY_BYTES } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import type { SqliteCacheTier } from '../../src/index.ts';
import { MAX_VALUE_BYTES } from '../../src/rows/value-limits.ts';
import { KINDS, type Kind, L3, makeEntry, tempDir, withDatabase } from '../support.ts';

const HUGE = MAX_VALUE_BYTES + 256 * 1024;

/** A database of three entries by kind, made once. */
const originals = new Map<Kind, Buffer>();

function changed(kind: Kind, sql: string) {
  const directory = tempDir();
  const tier = kind.make(directory, {}, { failureThreshold: 1000 });
  const original = originals.get(kind);
  if (original !== undefined) writeFileSync(kind.file(directory), original, { mode: 0o600 });
  else {
    tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key, { password: 'hunter2' })));
    tier.close();
    originals.set(kind, readFileSync(kind.file(directory)));
  }
  withDatabase(kind.file(directory), (db) => db.exec(sql.replaceAll('TABLE_', kind.table)));
  return { tier, path: kind.file(directory) };
}

/** Turns rows into rows of ProxyWhirl, without checksums, so that only the checks of values apply. */
const THEIRS = 'UPDATE TABLE_ SET rowid = -rowid;';

const PLACES = (kind: Kind) => [
  ...kind.layout.columns.map(({ name }) => name).filter((name) => name !== 'key' && !name.endsWith('_at')),
  'expires_at',
];

describe.each(KINDS)('$name: a value that exceeds all bounds', (kind) => {
  it.each(PLACES(kind))('in %s is damage: the row is set aside without it, and others are unaffected', (column) => {
    for (const theirs of ['', THEIRS]) {
      const { tier, path } = changed(kind, `${theirs} UPDATE TABLE_ SET ${column} = zeroblob(${HUGE}) WHERE key = 'b'`);
      const before = process.memoryUsage().arrayBuffers;
      expect(tier.get('b')).toBeUndefined();
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(HUGE);
      expect(tier.statistics.evictionsCorruption).toBe(1);
      const aside = `SELECT key, typeof(${column}) FROM ${kind.side}_quarantine`;
      expect(withDatabase(path, (db) => db.prepare(aside).raw().all())).toEqual([['b', 'null']]);
      expect(tier.get('a')?.password?.reveal()).toBe('hunter2');
      expect(tier.size()).toBe(2);
      expect(tier.totalFailures).toBe(0);
    }
  });

  it.each([
    ['NULL', 'NULL'],
    ['a blob', `x'62'`],
    ['a huge blob', `zeroblob(${HUGE})`],
    ['a huge string', `hex(zeroblob(${HUGE / 2}))`],
    ['a string that is too long', `'b' || hex(zeroblob(${MAX_KEY_BYTES / 2}))`],
  ])('as a key (%s) is never returned, and its row is set aside by an iteration', (_what, key) => {
    const { tier, path } = changed(kind, `PRAGMA foreign_keys = OFF; UPDATE TABLE_ SET key = ${key} WHERE key = 'b'`);
    const isShort = (found: unknown) => typeof found === 'string' && found.length <= MAX_KEY_BYTES;
    expect(tier.keys().every(isShort)).toBe(true);
    if (kind === L3)
      for (const orderBy of ['key', 'fetchTime'] as const)
        expect((tier as SqliteCacheTier).query({ orderBy }).entries.map((entry) => entry.key)).toEqual(['a', 'c']);
    expect([...tier.entries()].map((entry) => entry.key)).toEqual(['a', 'c']);
    expect(tier.size()).toBe(2);
    expect(tier.keys()).toEqual(['a', 'c']);
    expect(tier.totalFailures).toBe(0);
    expect(withDatabase(path, (db) => db.prepare(`SELECT count(*) FROM ${kind.side}_quarantine`).pluck().get())).toBe(
      1,
    );
  });

  it.each(['NULL', `x'62'`, `'b' || hex(zeroblob(${MAX_KEY_BYTES}))`])(
    'as a key (%s) is set aside by an iteration even at a rowid that JavaScript cannot represent',
    (key) => {
      const rowId = 2n ** 62n + 1n;
      const { tier, path } = changed(
        kind,
        `PRAGMA foreign_keys = OFF; UPDATE TABLE_ SET key = ${key}, rowid = ${rowId} WHERE key = 'b'`,
      );
      expect([...tier.entries()].map((entry) => entry.key)).toEqual(['a', 'c']);
      const rows = `SELECT (SELECT count(*) FROM ${kind.table}), (SELECT count(*) FROM ${kind.side}_quarantine)`;
      expect(withDatabase(path, (db) => db.prepare(rows).raw().get())).toEqual([2, 1]);
    },
  );

  const [stamps, values] = kind === L3 ? [', created_at, updated_at', ', 1, 1'] : ['', ''];
  // More than two pages of an iteration.
  const ALIKE = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
    INSERT INTO TABLE_ (key, proxy_url, password_encrypted, source, fetch_time, last_accessed, ttl_seconds, expires_at${stamps})
    SELECT 'b' || hex(zeroblob(${MAX_KEY_BYTES})) || i, 'http://192.0.2.1:1', x'01', 's', 1, 1, 1, 9e9${values} FROM n`;

  it('as hundreds of keys with one prefix does not stop an iteration', () => {
    const { tier } = changed(kind, ALIKE);
    for (let walk = 0; walk < 3; walk++) expect([...tier.entries()].map((entry) => entry.key)).toEqual(['a', 'b', 'c']);
    expect(tier.size()).toBe(3);
    expect(tier.totalFailures).toBe(0);
  });

  it.each([1, 100])(
    'as hundreds of keys with one prefix does not stop a re-encryption in batches of %i',
    async (batch) => {
      const { tier } = changed(kind, ALIKE);
      let current = 0;
      for await (const counts of tier.reseal(batch)) current += counts.alreadyCurrent;
      expect(current).toBe(3);
      expect(tier.size()).toBe(3);
      expect(tier.keys()).toEqual(['a', 'b', 'c']);
      expect(tier.totalFailures).toBe(0);
    },
  );

  it('is refused as an argument, as it could not be read again', () => {
    const tier = kind.make(tempDir());
    expect(tier.put('a', makeEntry('a', { source: 'x'.repeat(MAX_VALUE_BYTES) }))).toBe(true);
    expect(tier.get('a')?.source).toHaveLength(MAX_VALUE_BYTES);
    const wrong = makeEntry('a', { source: 'x'.repeat(MAX_VALUE_BYTES + 1) });
    expect(() => tier.put('a', wrong)).toThrow(CacheValidationError);
    expect(tier.get('a')?.source.length).toEqual(MAX_VALUE_BYTES);
    expect(tier.totalFailures).toBe(0);
  });
});
