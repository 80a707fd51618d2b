import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CacheManager, openCache } from '../../src/index.ts';

const CHECK = { status: 'healthy', checkUrl: 'http://c.example' } as const;

function entryOf(source: string): CacheEntry {
  return CacheEntry.create({ key: 'a', proxyUrl: 'http://h.example:1', ttlSeconds: 1e8, source });
}

describe.for(['jsonl', 'sqlite'] as const)('two caches on one directory, with %s above the database', (l2Backend) => {
  /** Two caches that each ask before every read, and a function that closes them and reads what is stored. */
  async function two() {
    const directory = mkdtempSync(join(tmpdir(), 'pw-hits-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const open = () =>
      openCache(
        { l2Backend, l2CacheDir: join(directory, 'l2'), l3DatabasePath: join(directory, 'l3', 'cache.db') },
        { maxStalenessMs: 0 },
      );
    const caches: readonly [CacheManager, CacheManager] = [await open(), await open()];
    const stored = async () => {
      for (const cache of caches) await cache.close();
      const cache = await open();
      onTestFinished(() => cache.close());
      // The counts of the database are those that count.
      for await (const entry of cache.entries()) return entry;
      return undefined;
    };
    return { one: caches[0], other: caches[1], stored };
  }

  it('counts hits of both while they change the entry', async () => {
    const { one, other, stored } = await two();
    await one.put(entryOf('first'));
    for (let i = 0; i < 20; i++) {
      await one.get('a');
      await other.recordHealthCheck('a', CHECK);
      await other.get('a');
      await one.recordHealthCheck('a', CHECK);
    }
    expect(await stored()).toMatchObject({ accessCount: 40, totalHealthChecks: 40 });
  });

  it('does not count hits of a value that the other has replaced', async () => {
    const { one, other, stored } = await two();
    await one.put(entryOf('first'));
    for (let i = 0; i < 5; i++) await one.get('a');
    await other.put(entryOf('second'));
    await one.get('a');
    expect(await stored()).toMatchObject({ source: 'second', accessCount: 1 });
  });
});
