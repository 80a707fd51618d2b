import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { bundleProgram, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCache } from '../src/index.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, 'support/unclosed-child.ts'));

/** Runs a program of the child with `gc` available until it exits, and returns the line that it printed. */
function run(program: string, config: unknown = {}): string {
  const args = ['--conditions=@pw/source', '--expose-gc', CHILD, program];
  const env = { ...process.env, CACHE_CONFIG: JSON.stringify(config) };
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000, env });
  expect(child.status).toBe(0);
  expect(child.stderr).toBe('');
  return child.stdout.trim();
}

describe.each(['jsonl', 'sqlite'] as const)('an unclosed cache with a %s tier', (l2Backend) => {
  function configOf() {
    const folder = makeTempDir(onTestFinished);
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
    expect(run('store', config)).toBe('200');
    await using cache = await openCache(config);
    expect(await cache.size()).toBe(200);
    for (const key of await cache.keys()) expect((await cache.get(key))?.password?.reveal()).toBe('secret');
  });

  it('is garbage-collected with its tiers, in spite of its timers', () => {
    expect(run('forget', configOf())).toBe('0');
  });
});

describe('an unclosed cache of memory only', () => {
  it('lets the process exit', () => {
    expect(run('memory')).toBe('done');
  });

  it('is garbage-collected in spite of its background cleanup', () => {
    expect(run('forget memory')).toBe('0');
  });
});
