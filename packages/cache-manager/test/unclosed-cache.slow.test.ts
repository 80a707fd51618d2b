import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCache } from '../src/index.ts';

/** Runs a program with `gc` available until it exits, and returns the line that it printed. */
function run(program: string, config: unknown): string {
  const args = ['--conditions=@pw/source', '--expose-gc', '--input-type=module', '--eval', program];
  const env = { ...process.env, CACHE_CONFIG: JSON.stringify(config) };
  const options = { cwd: import.meta.dirname, encoding: 'utf8', timeout: 60_000, env } as const;
  const child = spawnSync(process.execPath, args, options);
  expect(child.status).toBe(0);
  expect(child.stderr).toBe('');
  return child.stdout.trim();
}

const START = `
  import { openCache } from '@pw/cache-manager';
  import { CacheEntry } from '@pw/cache-models';
  const config = JSON.parse(process.env.CACHE_CONFIG);`;

describe.each(['jsonl', 'sqlite'] as const)('an unclosed cache with a %s tier', (l2Backend) => {
  function configOf() {
    const folder = mkdtempSync(join(tmpdir(), 'unclosed-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return {
      l2Backend,
      l2CacheDir: join(folder, 'l2'),
      l3DatabasePath: join(folder, 'l3.db'),
      encryptionKey: generateKey(),
      enableBackgroundCleanup: true,
    };
  }

  it('lets the process exit and loses no acknowledged entry', async () => {
    const config = configOf();
    const program = `${START}
      const cache = await openCache(config);
      let stored = 0;
      for (let i = 1; i <= 200; i++) {
        const entry = CacheEntry.create({ proxyUrl: 'http://user:secret@h.example:' + i });
        if (await cache.put(entry.key, entry)) stored++;
      }
      console.log(stored);`;
    expect(run(program, config)).toBe('200');
    await using cache = await openCache(config);
    expect(await cache.size()).toBe(200);
    for (const key of await cache.keys()) expect((await cache.get(key))?.password?.reveal()).toBe('secret');
  });

  it('is garbage-collected with its tiers, in spite of its timers', () => {
    const program = `${START}
      import { setTimeout as sleep } from 'node:timers/promises';
      async function abandon() {
        const cache = await openCache(config);
        const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
        await cache.put(entry.key, entry);
        await cache.get(entry.key);
        return [new WeakRef(cache), ...cache.tiers.map(({ tier }) => new WeakRef(tier))];
      }
      const refs = await abandon();
      // The access of the entry is buffered until it is written behind, after a second.
      for (let i = 0; i < 100 && refs.some((ref) => ref.deref() !== undefined); i++) {
        await sleep(100);
        gc();
      }
      console.log(refs.filter((ref) => ref.deref() !== undefined).length);`;
    expect(run(program, configOf())).toBe('0');
  });
});

describe('an unclosed cache of memory only', () => {
  it('lets the process exit', () => {
    const program = `
      import { CacheManager } from '@pw/cache-manager';
      import { MemoryCacheTier } from '@pw/tier-memory';
      import { CacheEntry } from '@pw/cache-models';
      const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({})], cleanupIntervalSeconds: 3600 });
      const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
      await cache.put(entry.key, entry);
      await cache.get(entry.key);
      console.log('done');`;
    const args = ['--conditions=@pw/source', '--input-type=module', '--eval', program];
    const child = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 20_000 });
    expect(child.status).toBe(0);
    expect(child.stdout.trim()).toBe('done');
    expect(child.stderr).toBe('');
  });

  it('is garbage-collected in spite of its background cleanup', () => {
    const program = `
      import { CacheManager } from '@pw/cache-manager';
      import { MemoryCacheTier } from '@pw/tier-memory';
      const forget = async () => new WeakRef(await CacheManager.open({ tiers: [new MemoryCacheTier({})], cleanupIntervalSeconds: 0.01 }));
      const forgotten = await forget();
      for (let i = 0; i < 200 && forgotten.deref() !== undefined; i++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        gc();
      }
      console.log(forgotten.deref() === undefined);`;
    const args = ['--expose-gc', '--conditions=@pw/source', '--input-type=module', '--eval', program];
    const child = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8', timeout: 30_000 });
    expect(child.status).toBe(0);
    expect(child.stdout.trim()).toBe('true');
    expect(child.stderr).toBe('');
  });
});
