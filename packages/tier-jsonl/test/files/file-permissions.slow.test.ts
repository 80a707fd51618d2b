import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CacheStorageError } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeEntry, newDirectory, newTier } from '../support/tiers.ts';

describe('the files', () => {
  it('have mode 0600 and their folders 0700, regardless of the umask and of who created them', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const directory = newDirectory();
    for (const umask of [0, 0o777]) {
      process.umask(umask);
      const tier = newTier(directory);
      await tier.putMany(Array.from({ length: 40 }, (_, n) => makeEntry(`k${umask}-${n}`)));
      await tier.close();
    }
    const shard = join(directory, readdirSync(directory).find((name) => name.endsWith('.jsonl'))!);
    chmodSync(shard, 0o644);
    writeFileSync(shard, 'broken\n', { flag: 'a' });
    const tier = newTier(directory);
    await tier.open();
    await tier.close();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const items = readdirSync(directory, { recursive: true, withFileTypes: true });
    expect(items.some(({ name }) => name === 'quarantine')).toBe(true);
    for (const item of items) {
      const mode = statSync(join(item.parentPath, item.name)).mode & 0o777;
      expect(mode, item.name).toBe(item.isDirectory() ? 0o700 : 0o600);
    }
  });

  it('are not opened, and open() rejects, if creating their folder fails with ENOENT', () => {
    const script = `
      import { JsonlCacheTier } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      const tier = new JsonlCacheTier({ directory: '/proc/pw-cache/l2' });
      await tier.open().catch((error) => console.log(error.code, error.cause.code));`;
    const argv = ['--conditions=@pw/source', '--input-type=module', '-e', script];
    // In a separate process: a busy loop around a system call can only be ended from outside.
    const { status, stdout } = spawnSync(process.execPath, argv, { timeout: 20_000, killSignal: 'SIGKILL' });
    expect({ status, stdout: String(stdout) }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^CACHE_STORAGE_FAILED E[A-Z]+\n$/),
    });
  });

  it('are refused if they are symbolic links, whose targets stay unchanged', async () => {
    const outside = join(makeTempDir(onTestFinished), 'victim');
    writeFileSync(outside, 'mine\n');
    for (const name of ['shard_00.jsonl', 'pw-cache.json', 'quarantine']) {
      const directory = newDirectory();
      mkdirSync(directory, { mode: 0o700 });
      if (name === 'quarantine') writeFileSync(join(directory, 'shard_00.jsonl'), 'broken\n');
      symlinkSync(outside, join(directory, name));
      const tier = newTier(directory, { numShards: 1 });
      if (name !== 'quarantine') {
        await expect(tier.open(), name).rejects.toThrow(CacheStorageError);
        expect(await tier.put('a', makeEntry('a')), name).toBe(false);
      } else expect(await tier.size()).toBe(0);
      expect(readFileSync(outside, 'utf8'), name).toBe('mine\n');
      expect(lstatSync(join(directory, name)).isSymbolicLink(), name).toBe(true);
    }
    const link = newDirectory();
    symlinkSync(makeTempDir(onTestFinished), link);
    await expect(newTier(link).open()).rejects.toThrow(CacheStorageError);
  });

  it('are not rewritten while they cannot be read, and work again afterwards', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.put('a', makeEntry('a'));
    await tier.close();
    const path = join(directory, 'shard_00.jsonl');
    const bytes = readFileSync(path);
    const { renameSync, rmdirSync } = await import('node:fs');
    renameSync(path, `${path}.away`);
    mkdirSync(path);
    const broken = newTier(directory);
    expect(await broken.put('b', makeEntry('b'))).toBe(false);
    expect(await broken.get('a')).toBeUndefined();
    expect(broken.failureCount).toBe(2);
    rmdirSync(path);
    renameSync(`${path}.away`, path);
    expect(await broken.get('a')).toBeDefined();
    expect(readFileSync(path)).toEqual(bytes);
    expect(broken.failureCount).toBe(0);
  });

  it('have the same content with durability "full", which flushes them', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { durability: 'full' });
    expect(await tier.putMany([makeEntry('a'), makeEntry('b')])).toEqual([true, true]);
    expect(await tier.delete('a')).toBe(true);
    await tier.close();
    expect(await newTier(directory).keys()).toEqual(['b']);
  });
});

describe('the lock', () => {
  it('held by another process makes a put wait until the deadline, and then fail', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1, lock: { deadlineMs: 50 } });
    await tier.open();
    mkdirSync(join(directory, 'shard_00.jsonl.lock'));
    expect(await tier.put('a', makeEntry('a'))).toBe(false);
    expect(tier.failureCount).toBe(1);
    expect(await tier.size()).toBe(0);
    expect(existsSync(join(directory, 'shard_00.jsonl'))).toBe(false);
  });

  it('of a dead holder is taken over when it is stale', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.open();
    const lock = join(directory, 'shard_00.jsonl.lock');
    mkdirSync(lock);
    const old = new Date(Date.now() - 11_000);
    utimesSync(lock, old, old);
    expect(await tier.put('a', makeEntry('a'))).toBe(true);
    expect(existsSync(lock)).toBe(false);
  });

  it('of a dead holder is taken over even if its folder is not empty', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1 });
    await tier.open();
    const lock = join(directory, 'shard_00.jsonl.lock');
    mkdirSync(join(lock, 'sub', 'sub'), { recursive: true });
    writeFileSync(join(lock, 'sub', 'file'), '');
    const old = new Date(Date.now() - 11_000);
    utimesSync(lock, old, old);
    expect(await tier.put('a', makeEntry('a'))).toBe(true);
  });

  it('that was stolen between two writes is detected before the second, and stays with the thief', async () => {
    const directory = newDirectory();
    const tier = newTier(directory, { numShards: 1, lock: { deadlineMs: 50 } });
    for (let n = 0; n < 5; n++) await tier.put('a', makeEntry('a', { accessCount: n }));
    const lock = join(directory, 'shard_00.jsonl.lock');
    expect(statSync(lock).mode & 0o777).toBe(0o700);
    const { rmdirSync } = await import('node:fs');
    rmdirSync(lock);
    mkdirSync(lock);
    const before = readFileSync(join(directory, 'shard_00.jsonl'));
    expect(await tier.put('a', makeEntry('a', { accessCount: 9 }))).toBe(false);
    await tier.close();
    expect(readFileSync(join(directory, 'shard_00.jsonl'))).toEqual(before);
    expect(existsSync(lock)).toBe(true);
  });

  it('is released during a burst of writes, so that another tier gets its turn', async () => {
    const directory = newDirectory();
    const busy = newTier(directory, { numShards: 1 });
    const other = newTier(directory, { lock: { deadlineMs: 2000 } });
    await busy.open();
    await other.open();
    let renewIfOver = false;
    const burst = (async () => {
      while (!renewIfOver) await busy.put('busy', makeEntry('busy'));
    })();
    for (let n = 0; n < 3; n++) expect(await other.put('other', makeEntry('other'))).toBe(true);
    renewIfOver = true;
    await burst;
    expect(busy.failureCount).toBe(0);
  });
});
