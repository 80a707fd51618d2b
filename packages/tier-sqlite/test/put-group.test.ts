import { type CacheEntry, CacheErrorCode, CacheValidationError } from '@pw/cache-models';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KINDS, makeEntry, tempDir, withDatabase } from './support.ts';

const many = (count: number) => Array.from({ length: count }, (_, i) => makeEntry(`k${i}`));

describe.each(KINDS)('putSoon of $name', (kind) => {
  it('stores entries that arrive together in one transaction, and resolves after it', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { durability: 'full' });
    tier.open();
    const changes = () =>
      withDatabase(kind.file(directory), (db) => db.prepare(`SELECT count(*) FROM ${kind.table}`).pluck().get());
    const settled: boolean[] = [];
    const puts = many(100).map((entry) => tier.putSoon(entry.key, entry).then((stored) => settled.push(stored)));
    await Promise.resolve();
    expect(changes()).toBe(0);
    expect(settled.length).toBe(0);
    expect(tier.size()).toBe(0);
    await Promise.all(puts);
    expect(changes()).toBe(100);
    expect(settled.length).toBe(100);
    expect(settled.every(Boolean)).toBe(true);
  });

  it('refuses an invalid key or entry, and stores the others of its group', async () => {
    const tier = kind.make(tempDir());
    const [a] = many(1);
    const nonsense = tier.putSoon(undefined as unknown as string, undefined as unknown as CacheEntry);
    const good = tier.putSoon('k0', a!);
    await expect(nonsense).rejects.toThrow(CacheValidationError);
    expect(await good).toBe(true);
  });

  it('is written before later writes, and before the tier closes', async () => {
    const tier = kind.make(tempDir());
    const [a, b] = many(2);
    const first = tier.putSoon('k0', a!);
    expect(tier.delete('k0')).toBe(true);
    expect(await first).toBe(true);
    expect(tier.get('k0')).toBeUndefined();
    const last = tier.putSoon('k1', b!);
    tier.close();
    expect(await last).toBe(true);
    expect(tier.has('k1')).toBe(true);
  });

  it('stores every field, and keeps it when the tier is reopened', async () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    const full = makeEntry('full', { username: 'user', password: 'pass', labels: { country: 'DE' }, failureCount: 3 });
    expect(await tier.putSoon('full', full)).toBe(true);
    expect(tier.peek('full')).toEqual(full);
    tier.close();
    const again = kind.make(directory).get('full');
    expect(again?.labels).toEqual({ country: 'DE' });
    expect(again?.password?.reveal()).toBe('pass');
    expect(again?.failureCount).toBe(3);
  });

  it('replaces the labels of an entry, and is replaced by a later put of the same key', async () => {
    const tier = kind.make(tempDir());
    tier.put('k', makeEntry('k', { labels: { country: 'DE' } }));
    expect(await tier.putSoon('k', makeEntry('k'))).toBe(true);
    expect(tier.get('k')?.labels).toEqual({});
    const first = tier.putSoon('k', makeEntry('k', { source: 'first' }));
    expect(tier.put('k', makeEntry('k', { source: 'second' }))).toBe(true);
    expect(await first).toBe(true);
    expect(tier.get('k')?.source).toBe('second');
  });

  it('refuses only the invalid entry, and resolves with false for all if the database fails', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { cipher: undefined, busyTimeoutMs: 0 });
    const wrong = Promise.allSettled([
      tier.putSoon('other', makeEntry('k')),
      tier.putSoon('secret', makeEntry('secret', { password: 'x' })),
      tier.putSoon('nothing', undefined as never),
    ]);
    const right = tier.putSoon('k', makeEntry('k'));
    const refused = { status: 'rejected', reason: { code: CacheErrorCode.VALIDATION_FAILED } };
    expect(await wrong).toMatchObject([refused, refused, refused]);
    expect(await right).toBe(true);
    const rival = new Database(kind.file(directory));
    onTestFinished(() => void rival.close());
    rival.exec('BEGIN IMMEDIATE');
    expect(await Promise.all(many(3).map((entry) => tier.putSoon(entry.key, entry)))).toEqual([false, false, false]);
    expect(tier.failureCount).toBe(1);
  });
});
