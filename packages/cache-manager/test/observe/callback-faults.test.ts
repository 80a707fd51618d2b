import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheStorageError, CacheValidationError } from '@pw/cache-models';
import { makeTempDir, until } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { DiskCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, TtlManager } from '../../src/index.ts';
import { jitterTtl } from '../../src/stack/ttl-jitter.ts';
import { entryOf, openStack } from '../support/stack.ts';

const failing = new Error('of the callback');
const CALLBACKS = [
  [
    'throws',
    () => {
      throw failing;
    },
  ],
  [
    'rejects',
    async () => {
      throw failing;
    },
  ],
] as const;

async function listFile(): Promise<string> {
  const path = join(makeTempDir(onTestFinished), 'list.txt');
  await writeFile(path, 'http://198.18.0.1:8080\nhttp://198.18.0.2:8080\n');
  return path;
}

describe.each(CALLBACKS)('an onProgress callback that %s', (_how, onProgress) => {
  it('ends an import with its own error, and the rows read so far are stored', async () => {
    const { manager } = await openStack();
    await expect(manager.warmFromFile(await listFile(), { onProgress })).rejects.toBe(failing);
    expect(await manager.size()).toBe(2);
  });

  it('ends an export with its own error, and the file is left unchanged', async () => {
    const { manager } = await openStack();
    await manager.put('k', entryOf('k'));
    const path = await listFile();
    await expect(manager.exportToFile(path, { onProgress })).rejects.toBe(failing);
    expect((await manager.warmFromFile(path)).loaded).toBe(2);
  });

  it('ends a re-encryption with its own error', async () => {
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    const tier = new DiskCacheTier({ directory: makeTempDir(onTestFinished), cipher });
    const manager = await CacheManager.open({ tiers: [tier], cipher });
    onTestFinished(() => manager.close());
    await manager.put('k', entryOf('k', { username: 'user', password: 'word' }));
    await expect(manager.reencrypt({ onProgress })).rejects.toBe(failing);
    expect((await manager.get('k'))?.username?.reveal()).toBe('user');
  });
});

describe('a refuse callback of an import', () => {
  it.each([
    ['a promise', async () => undefined],
    ['a promise that rejects', async () => Promise.reject(failing)],
    ['null', () => null],
    ['true', () => true],
  ])('that returns %s is rejected with an error that names it, and nothing is stored', async (_what, refuse) => {
    const { manager } = await openStack();
    const work = manager.warmFromFile(await listFile(), { refuse: refuse as never });
    await expect(work).rejects.toThrow(CacheValidationError);
    await expect(work).rejects.toMatchObject({ problems: [{ path: 'refuse' }] });
    expect(await manager.size()).toBe(0);
  });
});

describe('a source of random numbers', () => {
  it.each([() => Number.NaN, () => -1, () => undefined, () => 1n, () => Promise.reject(failing)])(
    'that is %s shortens no TTL',
    (random) => {
      const entry = entryOf('k');
      expect(jitterTtl(entry, { share: 0.5, random: random as () => number }).expiresAt).toBe(entry.expiresAt);
    },
  );
});

describe.each(CALLBACKS)('a logger that %s', (_how, log) => {
  const logger = { debug: log, info: log, warn: log, error: log };

  it('lets a cache open without a tier that fails, and lets its operations succeed', async () => {
    const away = () => {
      throw new CacheStorageError('away');
    };
    const manager = await CacheManager.open({ tiers: [new MemoryCacheTier(), away], logger });
    onTestFinished(() => manager.close());
    expect(await manager.put('k', entryOf('k'))).toBe(true);
  });

  it('does not end the background cleanup', async () => {
    let cleanups = 0;
    const cleanupExpired = async () => {
      cleanups++;
      throw failing;
    };
    const ttl = new TtlManager({ cleanupExpired }, { cleanupInterval: 0.001, logger });
    onTestFinished(() => ttl.stop());
    ttl.start();
    await until('it cleans up again', () => cleanups > 2);
  });

  it('does not end the reload of a stale entry', async () => {
    const { manager, clock } = await openStack({}, { logger });
    const options = { staleWhileRevalidate: 60 };
    await manager.getOrLoad('k', () => entryOf('k', { ttlSeconds: 1 }, clock), options);
    clock.advance(2000);
    const fail = () => Promise.reject(failing);
    expect((await manager.getOrLoad('k', fail, options))?.key).toBe('k');
  });
});
