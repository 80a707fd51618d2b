import { CacheEntry, CacheErrorCode } from '@pw/cache-models';
import { entryInputs, hostileKeys, RecordingLogger } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS, makeEntry, reveal, tempDir, withDatabase } from './support.ts';

describe.each(KINDS)('$name: stored entries are read unchanged', (kind) => {
  it('returns every field of any entry, also after a restart', () => {
    const directory = tempDir();
    fc.assert(
      fc.property(fc.array(entryInputs, { maxLength: 5 }), (inputs) => {
        const clock = { now: () => -1e15 };
        const tier = kind.make(directory, {}, { clock });
        const entries = new Map(inputs.map((input) => [input.key, CacheEntry.create(input)]));
        for (const entry of entries.values()) expect(tier.put(entry.key, entry)).toBe(true);
        for (const entry of entries.values()) expect(reveal(tier.get(entry.key))).toEqual(reveal(entry));
        tier.close();
        expect([...tier.entries()].map(reveal)).toEqual(expect.arrayContaining([...entries.values()].map(reveal)));
        expect(tier.size()).toBe(entries.size);
        expect(tier.clear()).toBe(entries.size);
        tier.close();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps hostile keys apart', () => {
    const tier = kind.make(tempDir());
    const entries = hostileKeys.map((key, i) => makeEntry(key, { source: `s${i}` }));
    expect(tier.putMany(entries)).toEqual(entries.map(() => true));
    for (const entry of entries) expect(tier.get(entry.key)?.source).toBe(entry.source);
    expect(new Set(tier.keys())).toEqual(new Set(hostileKeys));
    expect(tier.get('\ud800')).toBeUndefined();
    tier.put('\ufffd', makeEntry('\ufffd'));
    expect(tier.get('\ud800')).toBeUndefined();
    expect(tier.has('\ud800')).toBe(false);
    expect(tier.delete('\ud800')).toBe(false);
    expect(tier.deleteMany(hostileKeys)).toEqual(hostileKeys.map(() => true));
    expect(tier.keys()).toEqual(['\ufffd']);
  });

  it('reads and writes many at once', () => {
    const tier = kind.make(tempDir());
    const entries = Array.from({ length: 700 }, (_, i) => makeEntry(`k${String(i).padStart(4, '0')}`));
    tier.putMany(entries);
    expect([...tier.entries()].map(({ key }) => key)).toEqual(entries.map(({ key }) => key));
    expect([...tier.getMany(['k0001', 'nothing', 'k0699']).keys()]).toEqual(['k0001', 'k0699']);
    expect(tier.statistics).toMatchObject({ hits: 2, misses: 1, currentSize: 700 });
    expect(tier.deleteMany(['k0001', 'nothing'])).toEqual([true, false]);
    expect(tier.size()).toBe(699);
  });

  it('stores tokens as blobs, and reads a token that another program stored as text', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    const entry = makeEntry('a', { username: 'user', password: 'hunter2' });
    tier.put('a', entry);
    tier.close();
    const types = `typeof(username_encrypted) AS u, typeof(password_encrypted) AS p`;
    const path = kind.file(directory);
    expect(withDatabase(path, (db) => db.prepare(`SELECT ${types} FROM ${kind.table}`).get())).toEqual({
      u: 'blob',
      p: 'blob',
    });
    withDatabase(path, (db) => {
      db.exec(
        `DELETE FROM ${kind.side}; UPDATE ${kind.table} SET rowid = 7, password_encrypted = CAST(password_encrypted AS TEXT)`,
      );
    });
    expect(reveal(tier.get('a'))).toEqual(reveal(entry));
  });

  it('treats an entry whose credentials no key opens as a miss, keeps it, and reads it once the key is back', () => {
    const directory = tempDir();
    const logger = new RecordingLogger();
    const entry = makeEntry('a', { password: 'hunter2' });
    kind.make(directory).putMany([entry, makeEntry('b')]);
    const stranger = kind.make(directory, {}, { cipher: new TestCipher('k2'), logger });
    for (let i = 0; i < 5; i++) expect(stranger.get('a')).toBeUndefined();
    expect(stranger.get('b')).toBeDefined();
    expect([...stranger.entries()].map(({ key }) => key)).toEqual(['b']);
    expect(stranger.enabled).toBe(true);
    expect(stranger.statistics).toMatchObject({ undecryptable: 6, evictionsCorruption: 0 });
    expect(reveal(kind.make(directory).get('a'))).toEqual(reveal(entry));
    expect(logger.text).not.toContain('hunter2');
  });

  it('refuses credentials without a cipher, and stores everything else', () => {
    const tier = kind.make(tempDir(), {}, { cipher: undefined });
    expect(() => tier.put('a', makeEntry('a', { password: 'x' }))).toThrow(
      expect.objectContaining({ code: CacheErrorCode.VALIDATION_FAILED }),
    );
    expect(tier.put('b', makeEntry('b'))).toBe(true);
  });

  it('hides and removes expired entries', () => {
    const tier = kind.make(tempDir());
    tier.putMany([makeEntry('old', { expiresAt: 1000 }), makeEntry('older', { expiresAt: 0 }), makeEntry('live')]);
    expect(tier.size()).toBe(1);
    expect(tier.keys()).toEqual(['live']);
    expect(tier.has('old')).toBe(false);
    expect(tier.get('old')).toBeUndefined();
    expect(tier.cleanupExpired()).toBe(1);
    expect(tier.statistics).toMatchObject({ evictionsTtl: 2, misses: 1 });
  });

  it('stores access metadata of existing keys, and keeps the eviction mark if none is given', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany([makeEntry('a', { evictedFromL1: true }), makeEntry('b')]);
    const updates = [
      { key: 'a', hits: 7, lastAccessed: 2e12 + 0.125 },
      { key: 'nothing', hits: 1, lastAccessed: 1 },
      { key: 'b', hits: 3, lastAccessed: 2e12, evictedFromL1: true },
    ];
    expect(tier.recordAccess(updates)).toBe(2);
    tier.close();
    expect(tier.get('a')).toMatchObject({ accessCount: 7, lastAccessed: 2e12 + 0.125, evictedFromL1: true });
    expect(tier.get('b')).toMatchObject({ accessCount: 3, lastAccessed: 2e12, evictedFromL1: true });
  });
});
