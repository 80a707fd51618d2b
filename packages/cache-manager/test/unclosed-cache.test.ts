import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCache } from '../src/index.ts';

/** Runs a program that prints one line, with the garbage collector at hand, and gives that line once it has ended by itself. */
function run(program: string, config: unknown): string {
  const args = ['--conditions=@pw/source', '--expose-gc', '--input-type=module', '--eval', program];
  const env = { ...process.env, CACHE_CONFIG: JSON.stringify(config) };
  const options = { cwd: import.meta.dirname, encoding: 'utf8', timeout: 60_000, env } as const;
  const child = spawnSync(process.execPath, args, options);
  expect([child.status, child.stderr]).toEqual([0, '']);
  return child.stdout.trim();
}

const START = `
  import { openCache } from '@pw/cache-manager';
  import { CacheEntry } from '@pw/cache-models';
  const config = JSON.parse(process.env.CACHE_CONFIG);`;

describe.each(['jsonl', 'sqlite'] as const)('a cache that nobody closes, with %s below,', (l2Backend) => {
  function configOf() {
    const folder = mkdtempSync(join(tmpdir(), 'forgotten-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return {
      l2Backend,
      l2CacheDir: join(folder, 'l2'),
      l3DatabasePath: join(folder, 'l3.db'),
      encryptionKey: generateKey(),
      enableBackgroundCleanup: true,
    };
  }

  it('lets the process exit, and loses nothing that it acknowledged', async () => {
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

  it('is collected with all that it holds, in spite of its timers', () => {
    const program = `${START}
      import { setTimeout as sleep } from 'node:timers/promises';
      async function forget() {
        const cache = await openCache(config);
        const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
        await cache.put(entry.key, entry);
        await cache.get(entry.key);
        return [new WeakRef(cache), ...cache.tiers.map(({ tier }) => new WeakRef(tier))];
      }
      const refs = await forget();
      // Accesses are written behind after a second: until then they are held.
      for (let i = 0; i < 100 && refs.some((ref) => ref.deref() !== undefined); i++) {
        await sleep(100);
        gc();
      }
      console.log(refs.filter((ref) => ref.deref() !== undefined).length);`;
    expect(run(program, configOf())).toBe('0');
  });
});
