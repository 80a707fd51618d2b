import { describe, expect, it } from 'vitest';
import { KINDS, L2, makeEntry, makeL3, NOW, reveal, tempDir, withDatabase } from '../support.ts';

const L2_PUT = 'INSERT OR REPLACE INTO l2_cache VALUES (?, ?, NULL, NULL, ?, ?, ?, 0, 60, ?, ?, 0, 0)';
const L3_PUT = `INSERT OR REPLACE INTO cache_entries VALUES (?, ?, NULL, NULL, ?, ?, ?, 0, 60, ?, ?, 0, 1, 1, NULL, 0, 0, 0, NULL, NULL, 0, 0, 0)`;

/** Writes a row as ProxyWhirl does, with foreign keys off. */
function putAsProxyWhirl(path: string, table: string, key: string, source: string, status = 'healthy'): void {
  withDatabase(path, (db) => {
    db.pragma('foreign_keys = OFF');
    const time = NOW / 1000;
    db.prepare(table === 'l2_cache' ? L2_PUT : L3_PUT).run(
      key,
      'http://10.0.0.1:1',
      source,
      time,
      time,
      time + 60,
      status,
    );
  });
}

function deleteAsProxyWhirl(path: string, table: string, key: string): void {
  withDatabase(path, (db) => {
    db.pragma('foreign_keys = OFF');
    db.prepare(`DELETE FROM ${table} WHERE key = ?`).run(key);
  });
}

describe.each(KINDS)('ProxyWhirl and $name on one file', (kind) => {
  const path = kind.file;

  it('reads rows that ProxyWhirl replaced, despite the old checksum', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    for (const key of ['a', 'b']) putAsProxyWhirl(path(directory), kind.table, key, 'theirs');
    for (const key of ['a', 'b']) expect(tier.get(key)).toMatchObject({ source: 'theirs', totalHealthChecks: 0 });
    expect(tier.statistics.evictionsCorruption).toBe(0);
  });

  it('reads rows that ProxyWhirl deleted and stored again under the same highest rowid', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    for (let round = 0; round < 3; round++) {
      tier.put('a', makeEntry('a', { totalHealthChecks: 5 }));
      deleteAsProxyWhirl(path(directory), kind.table, 'a');
      expect(tier.get('a')).toBeUndefined();
      putAsProxyWhirl(path(directory), kind.table, 'a', `theirs ${round}`);
      expect(tier.get('a')).toMatchObject({ source: `theirs ${round}`, totalHealthChecks: 0 });
      // Stored over a row of ProxyWhirl, which becomes ours.
      tier.put('a', makeEntry('a', { totalHealthChecks: 6 }));
      expect(tier.get('a')).toMatchObject({ source: 'manual', totalHealthChecks: 6 });
    }
    expect(tier.statistics.evictionsCorruption).toBe(0);
  });

  it('records accesses of a row that ProxyWhirl replaced, without writing a checksum for it', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    putAsProxyWhirl(path(directory), kind.table, 'a', 'theirs');
    expect(tier.recordAccess([{ key: 'a', hits: 4, lastAccessed: NOW }])).toBe(1);
    expect(tier.get('a')).toMatchObject({ source: 'theirs', accessCount: 4 });
  });

  it('removes side rows of entries that ProxyWhirl deleted, some with each cleanup, and no others', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(Array.from({ length: 2500 }, (_, i) => makeEntry(`k${i}`)));
    withDatabase(path(directory), (db) => {
      db.pragma('foreign_keys = OFF');
      db.exec(`DELETE FROM ${kind.table} WHERE rowid % 5 <> 0 OR key LIKE 'k1%'`);
    });
    const kept = tier.size();
    const sides = () =>
      withDatabase(path(directory), (db) => db.prepare(`SELECT count(*) FROM ${kind.side}`).pluck().get()) as number;
    expect(sides()).toBe(2500);
    expect(tier.cleanupExpired()).toBe(0);
    expect(sides()).toBeGreaterThan(kept);
    for (let i = 0; i < 4; i++) expect(tier.cleanupExpired()).toBe(0);
    expect(sides()).toBe(kept);
    expect(tier.size()).toBe(kept);
    expect([...tier.entries()]).toHaveLength(kept);
  });

  it('keeps every field across a VACUUM', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    const entry = makeEntry('a', { totalHealthChecks: 5, lastHealthError: 'x' });
    tier.putMany([makeEntry('0'), entry]);
    tier.delete('0');
    tier.close();
    // New rowids for all rows, as after a dump and restore.
    withDatabase(path(directory), (db) => db.exec(`VACUUM; UPDATE ${kind.table} SET rowid = 1`));
    expect(reveal(tier.get('a'))).toEqual(reveal(entry));
  });

  it('sets aside a row that ProxyWhirl could not read either', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('b', makeEntry('b'));
    putAsProxyWhirl(path(directory), kind.table, 'a', 'theirs', 'poorly');
    expect(tier.get('a')).toBeUndefined();
    expect(tier.statistics.evictionsCorruption).toBe(1);
    expect(tier.get('b')).toBeDefined();
    const aside = withDatabase(path(directory), (db) =>
      db.prepare(`SELECT key, health_status, reason FROM ${kind.side}_quarantine`).all(),
    );
    expect(aside).toEqual([
      { key: 'a', health_status: 'poorly', reason: 'stored row: health_status is not a known state' },
    ]);
  });
});

describe('an entry with a health record that ProxyWhirl replaces', () => {
  it('has none of the old health fields in L2', () => {
    const directory = tempDir();
    const tier = L2.make(directory);
    tier.put('a', makeEntry('a', { totalHealthChecks: 42 }));
    putAsProxyWhirl(L2.file(directory), 'l2_cache', 'a', 'theirs');
    expect(tier.get('a')).toMatchObject({ totalHealthChecks: 0, lastHealthCheck: null });
  });

  it('keeps its history in L3, as ProxyWhirl does not cascade', () => {
    const directory = tempDir();
    const tier = makeL3(directory);
    tier.put('a', makeEntry('a'));
    tier.recordHealthCheck('a', { status: 'healthy', checkUrl: 'http://example.com' });
    tier.close();
    putAsProxyWhirl(`${directory}/proxywhirl.db`, 'cache_entries', 'a', 'theirs');
    expect(tier.healthHistory('a')).toHaveLength(1);
    expect(tier.get('a')).toMatchObject({ source: 'theirs', totalHealthChecks: 0 });
  });
});
