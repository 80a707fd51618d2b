import { versionOf } from '@pw/cache-models/tier';
import { describe, expect, it } from 'vitest';
import { KINDS, type Kind, makeEntry, NOW, type Tier, tempDir, withDatabase } from '../support.ts';
import { holdLock } from './hold-lock.ts';

const L2_PUT = 'INSERT OR REPLACE INTO l2_cache VALUES (?, ?, NULL, NULL, ?, ?, ?, 0, 60, ?, ?, 0, 0)';
const L3_PUT = `INSERT OR REPLACE INTO cache_entries VALUES (?, ?, NULL, NULL, ?, ?, ?, 0, 60, ?, ?, 0, 1, 1, NULL, 0, 0, 0, NULL, NULL, 0, 0, 0)`;

/** Writes rows as ProxyWhirl does. */
function putAsProxyWhirl(kind: Kind, directory: string, keys: readonly string[], source = 'theirs'): void {
  withDatabase(kind.file(directory), (db) => {
    db.pragma('foreign_keys = OFF');
    const [time, put] = [NOW / 1000, db.prepare(kind.table === 'l2_cache' ? L2_PUT : L3_PUT)];
    db.transaction(() => {
      for (const key of keys) put.run(key, 'http://10.0.0.1:1', source, time, time, time + 60, 'healthy');
    })();
  });
}

function deleteAsProxyWhirl(kind: Kind, directory: string, key: string): void {
  withDatabase(kind.file(directory), (db) => {
    db.pragma('foreign_keys = OFF');
    db.prepare(`DELETE FROM ${kind.table} WHERE key = ?`).run(key);
  });
}

const keysAfter = (tier: Tier, position: number) => tier.log.read(position, 10_000)!.rows.map(({ key }) => key);
const head = (tier: Tier) => tier.log.read(0, 1)!.head;

describe.each(KINDS)('a row that ProxyWhirl wrote, in $name', (kind) => {
  it('gets a version and a row in the log when it is first seen, once', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany([makeEntry('a'), makeEntry('b')]);
    const before = head(tier);
    putAsProxyWhirl(kind, directory, ['a', 'c']);
    expect(tier.log.versionOf('a')).toBe(0);
    expect(keysAfter(tier, before)).toEqual(['a', 'c']);
    expect(keysAfter(tier, before)).toEqual(['a', 'c']);
    expect(tier.log.versionOf('c')).toBe(head(tier));
    expect(tier.get('c')).toMatchObject({ source: 'theirs', failureCount: 0 });
    expect(versionOf(tier.get('c')!)).toBe(head(tier));
  });

  it('gets a version in a tier above a base that the base does not give at the same time', async () => {
    const [middle, base] = [tempDir(), tempDir()].map((directory) => ({ directory, tier: kind.make(directory) }));
    await middle!.tier.marks.read();
    for (const { directory, tier } of [middle!, base!]) {
      tier.open();
      putAsProxyWhirl(kind, directory, ['a']);
    }
    await middle!.tier.marks.withoutVersion();
    base!.tier.log.read(0, 1);
    expect(await middle!.tier.marks.read()).toEqual(new Map([['a', 0]]));
    expect(versionOf(middle!.tier.get('a')!)).not.toBe(versionOf(base!.tier.get('a')!));
  });

  it('is found after the tier was closed meanwhile', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    const before = head(tier);
    tier.close();
    putAsProxyWhirl(kind, directory, ['a']);
    expect(keysAfter(tier, before)).toEqual(['a']);
  });

  it('keeps version 0 if it was there before the log', () => {
    const directory = tempDir();
    const before = kind.make(directory);
    before.open();
    before.close();
    putAsProxyWhirl(kind, directory, ['old']);
    withDatabase(kind.file(directory), (db) => {
      for (const name of ['changes', 'cursors', 'marks']) db.exec(`DROP TABLE ${kind.side}_${name}`);
      db.exec(`DROP TABLE pw_leases; ALTER TABLE ${kind.side} DROP COLUMN version; UPDATE pw_schema SET version = 6`);
    });
    const tier = kind.make(directory);
    expect(keysAfter(tier, 0)).toEqual([]);
    expect(tier.log.versionOf('old')).toBe(0);
    tier.put('new', makeEntry('new'));
    putAsProxyWhirl(kind, directory, ['newer']);
    expect(keysAfter(tier, 0)).toEqual(['new', 'newer']);
  });

  it.each(['ours', 'theirs'] as const)('is found although the newest rows were removed by %s', (by) => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key)));
    const before = head(tier);
    for (const key of ['c', 'b']) {
      if (by === 'ours') tier.delete(key);
      else deleteAsProxyWhirl(kind, directory, key);
    }
    putAsProxyWhirl(kind, directory, ['d']);
    expect(keysAfter(tier, before).at(-1)).toBe('d');
  });

  it('is found below a row of ours that has a removed rowid again', () => {
    const directory = tempDir();
    const [tier, other] = [kind.make(directory), kind.make(directory)];
    tier.putMany(['a', 'b'].map((key) => makeEntry(key)));
    expect(other.log.read(head(tier), 10)!.rows).toEqual([]);
    tier.delete('b');
    const before = head(tier);
    putAsProxyWhirl(kind, directory, ['theirs']);
    tier.put('c', makeEntry('c'));
    for (const reader of [other, tier]) expect(keysAfter(reader, before).toSorted()).toEqual(['c', 'theirs']);
  });

  it('is adopted with all others, however many there are', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    const keys = Array.from({ length: 450 }, (_, at) => `k${at}`);
    putAsProxyWhirl(kind, directory, keys);
    const seen = new Set<string | null>();
    for (let reads = 0; reads < 4; reads++) for (const key of keysAfter(tier, 0)) seen.add(key);
    expect(seen).toEqual(new Set(['a', ...keys]));
    expect(keysAfter(tier, 0)).toHaveLength(451);
  });

  it('is adopted later if another process has the lock', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    const before = head(tier);
    putAsProxyWhirl(kind, directory, ['b']);
    const release = holdLock(kind.file(directory));
    expect(keysAfter(tier, before)).toEqual([]);
    release();
    expect(keysAfter(tier, before)).toEqual(['b']);
    expect(tier.totalFailures).toBe(0);
  });

  it('is adopted although no key opens its credentials, and stays unreadable', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    const before = head(tier);
    putAsProxyWhirl(kind, directory, ['b']);
    withDatabase(kind.file(directory), (db) =>
      db.exec(`UPDATE ${kind.table} SET username_encrypted = 'k9:unknown' WHERE key = 'b'`),
    );
    expect(keysAfter(tier, before)).toEqual(['b']);
    expect(tier.get('b')).toBeUndefined();
    expect(tier.statistics).toMatchObject({ undecryptable: 1, evictionsCorruption: 0 });
  });

  it('is set aside and logged if it is damaged', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    const before = head(tier);
    putAsProxyWhirl(kind, directory, ['b', 'c']);
    withDatabase(kind.file(directory), (db) => db.exec(`UPDATE ${kind.table} SET expires_at = 'x' WHERE key = 'b'`));
    expect(keysAfter(tier, before).toSorted()).toEqual(['b', 'c']);
    expect(tier.keys().toSorted()).toEqual(['a', 'c']);
    expect(tier.statistics.evictionsCorruption).toBe(1);
  });

  it('keeps its version if it is a row of ours under another rowid, as after a dump and restore', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a', { labels: { country: 'DE' } }));
    const version = tier.log.versionOf('a');
    withDatabase(kind.file(directory), (db) => db.exec(`UPDATE ${kind.table} SET rowid = 1`));
    expect(keysAfter(tier, version!)).toEqual([]);
    expect(tier.log.versionOf('a')).toBe(version);
    expect(tier.get('a')?.labels).toEqual({ country: 'DE' });
  });
});
