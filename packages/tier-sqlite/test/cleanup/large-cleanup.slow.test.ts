import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KINDS, makeEntry, NOW, tempDir, withDatabase } from '../support.ts';

const expired = (count: number): CacheEntry[] =>
  Array.from({ length: count }, (_, i) => makeEntry(`old${i}`, { expiresAt: NOW - (i % 7) }));

describe.each(KINDS)('a cleanup of $name', (kind) => {
  it('of few entries is complete when it returns', () => {
    const tier = kind.make(tempDir());
    tier.putMany([...expired(100), makeEntry('live')]);
    expect(tier.cleanupExpired()).toBe(100);
    expect(tier.statistics).toMatchObject({ evictionsTtl: 100, currentSize: 1 });
    expect(tier.cleanupExpired()).toBe(0);
  });

  it('of many entries does not block the event loop, puts or gets', async () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany([...expired(3000), makeEntry('live')]);
    const cleanup = tier.cleanupExpired();
    expect(cleanup).toBeInstanceOf(Promise);
    let puts = 0;
    let isDone = false;
    void Promise.resolve(cleanup).then(() => {
      isDone = true;
    });
    while (!isDone) {
      expect(tier.put(`new${puts}`, makeEntry(`new${puts}`))).toBe(true);
      expect(tier.get(`new${puts++}`)).toBeDefined();
      await sleep(1);
    }
    // An entry that was replaced meanwhile is not removed.
    expect(await cleanup).toBe(3000);
    expect(puts).toBeGreaterThan(0);
    expect(tier.size()).toBe(puts + 1);
    expect(tier.statistics.evictionsTtl).toBe(3000);
    tier.close();
    withDatabase(kind.file(directory), (db) => {
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      for (const table of [kind.table, kind.side])
        expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(puts + 1);
    });
  });

  it('of many entries keeps entries that were replaced before they were removed', async () => {
    const tier = kind.make(tempDir());
    tier.putMany(expired(2000));
    const cleanup = tier.cleanupExpired();
    tier.putMany(expired(2000).map((entry) => entry.with({ expiresAt: NOW + 1 })));
    await cleanup;
    expect(tier.size()).toBe(2000);
    expect(await tier.cleanupExpired()).toBe(0);
  });

  it('stops when the tier is closed, and the next one removes the rest', async () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(expired(5000));
    const cleanup = tier.cleanupExpired();
    await sleep(60);
    tier.close();
    const first = await cleanup;
    const second = await tier.cleanupExpired();
    expect(first + second).toBe(5000);
    expect(tier.statistics.evictionsTtl).toBe(5000);
    expect(tier.enabled && tier.failureCount === 0).toBe(true);
  });

  it('requested twice runs once, and is counted once', async () => {
    const tier = kind.make(tempDir());
    tier.putMany(expired(2000));
    const counts = await Promise.all([tier.cleanupExpired(), tier.cleanupExpired()]);
    expect(counts[0] + counts[1]).toBe(2000);
    expect(tier.statistics.evictionsTtl).toBe(2000);
  });

  it('fails like any write while another connection holds the lock, and works later', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { busyTimeoutMs: 30 });
    tier.putMany(expired(2000));
    const rival = new Database(kind.file(directory));
    onTestFinished(() => void rival.close());
    rival.exec('BEGIN IMMEDIATE');
    expect(await tier.cleanupExpired()).toBe(0);
    expect(tier.failureCount).toBe(1);
    rival.exec('COMMIT');
    expect(await tier.cleanupExpired()).toBe(2000);
  });

  it('is one statement if the event loop may be blocked', () => {
    const tier = kind.make(tempDir(), {}, { maxBlockMs: null });
    tier.putMany(expired(3000));
    expect(tier.cleanupExpired()).toBe(3000);
    expect(() => kind.make(tempDir(), {}, { maxBlockMs: 0 })).toThrow(/maxBlockMs/);
  });
});
