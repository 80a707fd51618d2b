import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CacheErrorCode, CacheStorageError } from '@pw/cache-models';
import { RecordingLogger } from '@pw/test-support';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkReadable, MAX_BYTES_READ } from '../../src/database/check-readable.ts';
import { KINDS, L2, makeEntry, makeL3, tempDir, withDatabase } from '../support.ts';

describe.each(KINDS)('$name', (kind) => {
  it.each([
    ['a text file', Buffer.from('this is no database '.repeat(500))],
    [
      'a database header followed by noise',
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8000, 0xa5)]),
    ],
  ])('sets %s aside and starts empty, with a warning', (_name, garbage) => {
    const directory = tempDir();
    const logger = new RecordingLogger();
    writeFileSync(kind.file(directory), garbage);
    const tier = kind.make(directory, {}, { logger });
    expect(tier.put('a', makeEntry('a'))).toBe(true);
    expect(tier.get('a')).toBeDefined();
    expect(tier.failureCount).toBe(0);
    const aside = readdirSync(directory).filter((name) => name.includes('.corrupt-'));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(directory, aside[0]!)).equals(garbage)).toBe(true);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it.each(['', '-wal'])('reads only a bounded part of a file "….db%s", whatever length it claims', (suffix) => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    tier.close();
    const path = kind.file(directory);
    // The header is intact, but the first page is invalid.
    writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 100), Buffer.alloc(20_000)]));
    if (suffix !== '') writeFileSync(path + suffix, '');
    truncateSync(path + suffix, 2 ** 40);
    expect(checkReadable(path)).toBeLessThanOrEqual(2 * MAX_BYTES_READ);
    // Reading all of it would take half an hour.
    expect(tier.put('b', makeEntry('b'))).toBe(true);
    const aside = readdirSync(directory).filter((name) => name.includes('.corrupt-'));
    expect(aside.map((name) => statSync(join(directory, name)).size)).toContain(suffix === '' ? 2 ** 40 : 20_100);
  });

  it('throws when it opens if creating its folder fails with ENOENT', () => {
    const target = kind === L2 ? { directory: '/proc/pw-cache/l2' } : { path: '/proc/pw-cache/db/proxywhirl.db' };
    const script = `
      import { ${kind.name} } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      try { new ${kind.name}(${JSON.stringify(target)}).open(); } catch (error) { console.log(error.code, error.cause.code); }`;
    const argv = ['--conditions=@pw/source', '--input-type=module', '-e', script];
    // Runs in a child process, since a loop around a system call can be ended only from outside.
    const { status, stdout } = spawnSync(process.execPath, argv, { timeout: 20_000, killSignal: 'SIGKILL' });
    expect({ status, stdout: String(stdout) }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^CACHE_STORAGE_FAILED E[A-Z]+\n$/),
    });
  });

  it('sets a truncated database aside', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.putMany(Array.from({ length: 500 }, (_, i) => makeEntry(`k${i}`)));
    tier.close();
    const whole = readFileSync(kind.file(directory));
    writeFileSync(kind.file(directory), whole.subarray(0, whole.length / 2));
    expect(tier.put('a', makeEntry('a'))).toBe(true);
    expect(tier.keys()).toEqual(['a']);
    expect(readdirSync(directory).some((name) => name.includes('.corrupt-'))).toBe(true);
  });

  it('recovers from garbage written over the open file', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    tier.close();
    tier.open();
    writeFileSync(kind.file(directory), Buffer.alloc(20_000, 0x5a));
    for (let i = 0; i < 2; i++) tier.put('b', makeEntry('b'));
    expect(tier.enabled).toBe(true);
    expect(tier.put('b', makeEntry('b'))).toBe(true);
    expect(tier.get('b')).toBeDefined();
  });

  it('returns misses while another connection holds the lock, and works again afterwards', async () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { busyTimeoutMs: 20, failureThreshold: 100 });
    tier.put('a', makeEntry('a'));
    const rival = new Database(kind.file(directory));
    onTestFinished(() => void rival.close());
    rival.exec('BEGIN EXCLUSIVE');
    expect(tier.put('b', makeEntry('b'))).toBe(false);
    expect(tier.putMany([makeEntry('b')])).toEqual([false]);
    expect(tier.delete('a')).toBe(false);
    expect(tier.clear()).toBe(0);
    expect(await tier.cleanupExpired()).toBe(0);
    expect(tier.recordAccess([{ key: 'a', hits: 1, lastAccessed: 1 }])).toBe(0);
    expect(tier.failureCount).toBeGreaterThan(0);
    // Readers do not wait for a writer.
    expect(tier.get('a')).toBeDefined();
    rival.exec('COMMIT');
    expect(tier.put('b', makeEntry('b'))).toBe(true);
    expect(tier.failureCount).toBe(0);
  });

  it('throws an error with the code of SQLite when it opens a locked file, and opens it later', () => {
    const directory = tempDir();
    mkdirSync(directory, { recursive: true });
    const rival = new Database(kind.file(directory));
    onTestFinished(() => void rival.close());
    rival.exec('CREATE TABLE x (y); BEGIN EXCLUSIVE');
    const tier = kind.make(directory, {}, { busyTimeoutMs: 20 });
    try {
      tier.open();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CacheStorageError);
      expect((error as CacheStorageError).cause).toMatchObject({ code: 'SQLITE_BUSY' });
    }
    expect(tier.get('a')).toBeUndefined();
    rival.exec('COMMIT');
    expect(tier.put('a', makeEntry('a'))).toBe(true);
  });

  it('is disabled by repeated failures, and enabled by a reset', () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { busyTimeoutMs: 0 });
    tier.put('a', makeEntry('a'));
    const rival = new Database(kind.file(directory));
    onTestFinished(() => void rival.close());
    rival.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < 3; i++) tier.put('b', makeEntry('b'));
    expect(tier.enabled).toBe(false);
    rival.exec('COMMIT');
    tier.resetFailures();
    expect(tier.get('a')).toBeDefined();
  });

  it('does not acknowledge writes to a removed file, and creates a new one', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    for (const suffix of ['', '-wal', '-shm']) rmSync(kind.file(directory) + suffix, { force: true });
    expect(tier.put('b', makeEntry('b'))).toBe(false);
    expect(tier.put('c', makeEntry('c'))).toBe(true);
    tier.close();
    expect(tier.keys()).toEqual(['c']);
  });

  it('returns false when the disk is full, keeps its entries, and works again once there is space', () => {
    const directory = tempDir();
    const tier = kind.make(directory, {}, { failureThreshold: 1000 });
    tier.put('a', makeEntry('a'));
    const fill = (
      tier as unknown as { withStore: <T>(work: (store: { db: Database.Database }) => T) => T }
    ).withStore.bind(tier);
    const pages = fill(({ db }) => db.pragma('page_count', { simple: true })) as number;
    fill(({ db }) => db.pragma(`max_page_count = ${pages + 4}`));
    const big = (i: number) => makeEntry(`big${i}`, { lastHealthError: 'x'.repeat(3000) });
    const results = Array.from({ length: 20 }, (_, i) => tier.put(`big${i}`, big(i)));
    expect(results).toContain(false);
    for (const [i, stored] of results.entries()) expect(tier.has(`big${i}`)).toBe(stored);
    expect(tier.get('a')).toBeDefined();
    fill(({ db }) => db.pragma('max_page_count = 1000000'));
    expect(tier.put('big', makeEntry('big'))).toBe(true);
    expect(withDatabase(kind.file(directory), (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
  });

  it('refuses a symbolic link at its path, and does not touch its target', () => {
    const directory = tempDir();
    const victim = join(tempDir(), 'victim');
    writeFileSync(victim, 'precious');
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      const link = kind.file(directory) + suffix;
      symlinkSync(victim, link);
      expect(() => kind.make(directory).open()).toThrow(/symbolic link/);
      expect(kind.make(directory).put('a', makeEntry('a'))).toBe(false);
      rmSync(link);
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('creates files with mode 0600 and folders with 0700 under any umask, and makes an existing file private', () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    for (const umask of [0, 0o022]) {
      process.umask(umask);
      const directory = join(tempDir(), 'deep', 'er');
      const tier = kind.make(directory);
      tier.put('a', makeEntry('a', { password: 'hunter2' }));
      const file = kind.file(directory);
      for (const suffix of ['', '-wal', '-shm']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, '..')).mode & 0o777).toBe(0o700);
      for (const suffix of ['', '-wal']) expect(readFileSync(file + suffix).includes('hunter2')).toBe(false);
    }
    const foreign = tempDir();
    withDatabase(kind.file(foreign), (db) => db.exec('CREATE TABLE x (y)'));
    kind.make(foreign).open();
    expect(statSync(kind.file(foreign)).mode & 0o777).toBe(0o600);
  });

  it('leaves one file when it is closed, and can be closed twice', () => {
    const directory = tempDir();
    const tier = kind.make(directory);
    tier.put('a', makeEntry('a'));
    tier.close();
    tier.close();
    expect(readdirSync(directory)).toEqual([kind.file(directory).split('/').at(-1)]);
    expect(tier.get('a')).toBeDefined();
  });

  it('can be changed during an iteration over its entries', () => {
    const tier = kind.make(tempDir());
    tier.putMany(Array.from({ length: 600 }, (_, i) => makeEntry(`k${i}`)));
    let walked = 0;
    for (const entry of tier.entries()) {
      tier.put(entry.key, entry.with({ accessCount: 1 }));
      if (walked++ % 2 === 0) tier.delete(entry.key);
    }
    expect(walked).toBe(600);
    expect(tier.size()).toBe(300);
  });

  it('refuses a wrong option in the constructor', () => {
    const wrong = { durability: 'off' as 'normal', busyTimeoutMs: -1 };
    expect(() => kind.make(tempDir(), {}, wrong)).toThrow(/durability.*busyTimeoutMs/);
    for (const path of ['', 'a\0b', 'a ', undefined as unknown as string]) {
      expect(() => kind.make(tempDir(), {}, { path, directory: path })).toThrow(
        expect.objectContaining({ code: CacheErrorCode.CONFIG_INVALID }),
      );
    }
  });
});

it('errors never contain a value or a statement', () => {
  const directory = tempDir();
  const logger = new RecordingLogger();
  const tier = makeL3(directory, { logger });
  tier.put('marker-key', makeEntry('marker-key'));
  withDatabase(join(directory, 'proxywhirl.db'), (db) =>
    db.exec("CREATE TRIGGER t BEFORE UPDATE ON cache_entries BEGIN SELECT raise(ABORT, 'marker-value'); END"),
  );
  expect(tier.put('marker-key', makeEntry('marker-key'))).toBe(false);
  expect(logger.text).not.toContain('marker-');
  expect(logger.text).not.toContain('INSERT');
  expect(existsSync(directory)).toBe(true);
});
