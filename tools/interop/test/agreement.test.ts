import { copyFileSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheManager, openCache } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';

const KEY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

function entryOf(key: string, name: string): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: `http://${name}.example:80`, password: name, ttlSeconds: 1e6 });
}

describe.each(['jsonl', 'sqlite'] as const)('two caches of memory, %s and SQLite', (l2Backend) => {
  function opener(directory = makeTempDir(onTestFinished)) {
    const l3DatabasePath = join(directory, 'l3.db');
    const open = async (maxStalenessMs = 0): Promise<CacheManager> => {
      const config = { l2CacheDir: join(directory, 'l2'), l3DatabasePath, encryptionKey: KEY, l2Backend };
      const cache = await openCache(config, { maxStalenessMs });
      onTestFinished(() => cache.close());
      return cache;
    };
    return { directory, l3DatabasePath, open };
  }

  const checks = {
    recordHealthCheck: (cache: CacheManager) =>
      cache.recordHealthCheck('k', { status: 'healthy', checkUrl: 'http://c.example' }),
    invalidateByHealth: (cache: CacheManager) => cache.invalidateByHealth('k'),
  };
  for (const [name, check] of Object.entries(checks)) {
    it(`${name} does not bring back what the other has replaced`, async () => {
      const { open } = opener();
      const [one, other] = [await open(100_000), await open()];
      await one.put(entryOf('k', 'old'));
      await one.get('k');
      await other.put(entryOf('k', 'new'));
      await check(one);
      expect((await other.get('k'))?.password?.reveal()).toBe('new');
      expect((await one.get('k'))?.password?.reveal()).toBe('new');
    });

    it(`${name} does not bring back what the other has removed`, async () => {
      const { open } = opener();
      const [one, other] = [await open(100_000), await open()];
      await one.put(entryOf('k', 'old'));
      await one.get('k');
      await other.delete('k');
      await check(one);
      expect(await other.get('k')).toBeUndefined();
      expect(await one.keys()).toEqual([]);
    });
  }

  it('see a rotated password at once if memory may not lag', async () => {
    const { open } = opener();
    const [one, other] = [await open(), await open()];
    await one.put(entryOf('k', 'old'));
    await one.get('k');
    await other.put(entryOf('k', 'new'));
    expect((await one.get('k'))?.password?.reveal()).toBe('new');
  });

  it('load an entry once', async () => {
    const { open } = opener();
    const caches = [await open(), await open()];
    let loads = 0;
    const load = async (key: string) => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return entryOf(key, 'loaded');
    };
    await Promise.all(caches.map((cache) => cache.getOrLoad('k', load)));
    expect(loads).toBe(1);
  });

  it('count exactly while the database cannot be reached', async () => {
    const { directory, l3DatabasePath, open } = opener();
    const caches = [await open(), await open()];
    await caches[0]!.put(entryOf('k', 'h'));
    const aside = join(directory, 'aside.db');
    renameSync(l3DatabasePath, aside);
    mkdirSync(l3DatabasePath);
    await Promise.all(Array.from({ length: 100 }, (_, i) => checks.recordHealthCheck(caches[i % 2]!)));
    for (const cache of caches) await cache.close();
    rmdirSync(l3DatabasePath);
    renameSync(aside, l3DatabasePath);
    const next = await open();
    expect((await next.get('k'))?.totalHealthChecks).toBe(100);
    await next.close();
    const last = await open();
    expect((await last.query({ limit: 1 })).entries[0]?.totalHealthChecks).toBe(100);
  });

  it('find everything again if the database was lost', async () => {
    const { l3DatabasePath, open } = opener();
    const first = await open();
    for (let i = 0; i < 50; i++) await first.put(entryOf(`k${i}`, `h${i}`));
    await first.close();
    for (const end of ['', '-wal', '-shm']) rmSync(`${l3DatabasePath}${end}`, { force: true });
    const next = await open();
    expect(await next.size()).toBe(50);
    expect((await next.get('k7'))?.password?.reveal()).toBe('h7');
    await next.close();
    const last = await open();
    expect((await last.query({ limit: 100 })).entries).toHaveLength(50);
  });

  it('find what was written after a backup of the database, once that is restored', async () => {
    const { directory, l3DatabasePath, open } = opener();
    const first = await open();
    await first.put(entryOf('a', 'before'));
    await first.close();
    const backup = join(directory, 'backup.db');
    copyFileSync(l3DatabasePath, backup);
    const second = await open();
    await second.put(entryOf('a', 'after'));
    await second.put(entryOf('b', 'after'));
    await second.close();
    for (const end of ['-wal', '-shm']) rmSync(`${l3DatabasePath}${end}`, { force: true });
    copyFileSync(backup, l3DatabasePath);
    const third = await open();
    expect((await third.get('a'))?.password?.reveal()).toBe('after');
    expect((await third.keys()).sort()).toEqual(['a', 'b']);
  });

  it('keep what was written after a backup of the upper tier, once that is restored', async () => {
    const { directory, open } = opener();
    const first = await open();
    await first.put(entryOf('a', 'before'));
    await first.put(entryOf('b', 'before'));
    await first.close();
    const [live, backup] = [join(directory, 'l2'), join(directory, 'backup')];
    copyFiles(live, backup);
    const second = await open();
    await second.put(entryOf('a', 'after'));
    await second.delete('b');
    await second.close();
    rmSync(live, { recursive: true });
    copyFiles(backup, live);
    const third = await open();
    expect((await third.get('a'))?.password?.reveal()).toBe('after');
    expect(await third.get('b')).toBeUndefined();
    expect(await third.keys()).toEqual(['a']);
  });
});

function copyFiles(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(to, name));
}
