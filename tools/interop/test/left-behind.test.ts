import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager } from '@pw/cache-manager';
import { type CacheConfigInput, CacheEntry, type CacheTierConfigInput, type CredentialCipher } from '@pw/cache-models';
import { bundleProgram, ManualClock, makeTempDir } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesWithTokens, filesWithTokensOf, RecordingEncryptor } from './support/token-scan.ts';

const CHILD = await bundleProgram(join(import.meta.dirname, 'support', 'reencrypting-child.ts'));
const ENTRIES = 300;
const HOUR = 3_600_000;
const clock = new ManualClock(Date.parse('2026-06-01T00:00:00Z'));
const temp = () => makeTempDir(onTestFinished);
const range = (count: number, from = 0) => Array.from({ length: count }, (_, n) => from + n);

/** Every tenth password is so long that its token spans several database pages. */
const passwordOf = (n: number, version = 0) =>
  `secret-${n}-${version}-`.padEnd(n % 10 === 3 ? 5000 + n : 20 + (n % 40), 'x');
const entryOf = (n: number, version = 0, ttlSeconds = 86_400) =>
  CacheEntry.create(
    {
      proxyUrl: `http://h${n}.example:8080`,
      lastHealthError: `fault ${n} of the list`,
      username: `user-${n}`,
      password: passwordOf(n, version),
      ttlSeconds,
    },
    clock,
  );
const keyOf = (n: number) => entryOf(n).key;

type Backend = 'jsonl' | 'sqlite';
const l2 = (backend: Backend, directory: string, cipher: CredentialCipher, config: CacheTierConfigInput = {}) => {
  const options = { directory: join(directory, 'l2'), cipher, clock };
  return backend === 'jsonl'
    ? new JsonlCacheTier({ ...config, ...options })
    : new DiskCacheTier({ ...config, ...options });
};
const l3 = (directory: string, cipher: CredentialCipher, config: CacheTierConfigInput = {}) =>
  new SqliteCacheTier({ ...config, path: join(directory, 'l3', 'cache.db'), cipher, clock });

async function open(
  backend: Backend,
  directory: string,
  cipher: CredentialCipher,
  config: CacheTierConfigInput = {},
): Promise<CacheManager> {
  const tiers = [l2(backend, directory, cipher, config), l3(directory, cipher, config)];
  const cache = await CacheManager.open({ tiers, cipher, clock });
  onTestFinished(() => cache.close());
  return cache;
}

const recording = () => new RecordingEncryptor({ key: generateKey(), env: {} });
const tokensOf = ({ made }: RecordingEncryptor) => made.map(({ token }) => token);

describe.each(['jsonl', 'sqlite'] as const)('with %s and SQLite behind it, after close', (backend) => {
  const full = async (directory: string, cipher: CredentialCipher, ttlSeconds?: number) => {
    const cache = await open(backend, directory, cipher);
    await cache.putMany(range(ENTRIES).map((n) => entryOf(n, 0, ttlSeconds)));
    // Some are replaced and read, so that they have more than one line.
    await cache.putMany(range(ENTRIES / 3, 50).map((n) => entryOf(n, 1, ttlSeconds)));
    for (const n of range(20)) await cache.get(keyOf(n));
    return cache;
  };

  it.each([
    [
      'delete',
      async (cache: CacheManager) => void (await Promise.all(range(ENTRIES).map((n) => cache.delete(keyOf(n))))),
    ],
    ['deleteMany', (cache: CacheManager) => cache.deleteMany(range(ENTRIES).map(keyOf))],
    ['clear', (cache: CacheManager) => cache.clear()],
  ])('no file contains a token of an entry that %s removed', async (_, remove) => {
    const [directory, cipher] = [temp(), recording()];
    const cache = await full(directory, cipher);
    expect(filesWithTokens(directory, tokensOf(cipher))).not.toEqual([]);
    await remove(cache);
    await cache.close();
    expect(filesWithTokens(directory, tokensOf(cipher))).toEqual([]);
  });

  it('no file contains a token of an expired entry', async () => {
    const [directory, cipher] = [temp(), recording()];
    const cache = await full(directory, cipher, 60);
    clock.advance(HOUR);
    await cache.cleanupExpired();
    await cache.close();
    expect(filesWithTokens(directory, tokensOf(cipher))).toEqual([]);
  });

  it('no file contains a token of an evicted entry', async () => {
    const [directory, cipher] = [temp(), recording()];
    const cache = await open(backend, directory, cipher, { maxEntries: 20, evictionPolicy: 'fifo' });
    for (const n of range(ENTRIES)) await cache.put(keyOf(n), entryOf(n));
    await cache.close();
    const live = new Set(range(20, ENTRIES - 20).flatMap((n) => [`user-${n}`, passwordOf(n)]));
    const gone = cipher.made.filter(({ text }) => !live.has(text)).map(({ token }) => token);
    expect(gone.length).toBe(2 * (ENTRIES - 20));
    expect(filesWithTokens(directory, gone)).toEqual([]);
  });
});

function reencryptingChild(backend: Backend, directory: string, keys: readonly string[]) {
  const config: CacheConfigInput = {
    l1Config: { enabled: false },
    l2Backend: backend,
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: keys[0],
    previousEncryptionKeys: keys.slice(1),
  };
  const args = ['--conditions=@pw/source', CHILD, JSON.stringify(config), '20'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A closed store with a long history, sealed with the cipher's key. */
async function livedIn(backend: Backend, directory: string, cipher: CredentialCipher): Promise<void> {
  let cache = await open(backend, directory, cipher);
  await cache.putMany(range(ENTRIES).map((n) => entryOf(n)));
  await cache.putMany(range(80, 50).map((n) => entryOf(n, 1)));
  await cache.deleteMany(range(40, 200).map(keyOf));
  await cache.putMany(range(10, 1000).map((n) => entryOf(n, 0, 60)));
  for (const n of range(20)) {
    await cache.get(keyOf(n));
    await cache.recordHealthCheck(keyOf(n), { status: 'healthy', checkUrl: 'https://check.example/' });
  }
  await cache.close();
  clock.advance(HOUR);
  cache = await open(backend, directory, cipher, { maxEntries: 250 });
  for (const n of range(30, 500)) await cache.put(keyOf(n), entryOf(n));
  await cache.close();
}

/** Damages a member of a record, wherever it is stored. */
function rot(path: string, from: string): number {
  const bytes = readFileSync(path);
  let count = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
    bytes[at] = bytes[at]! ^ 1;
    count++;
  }
  writeFileSync(path, bytes);
  return count;
}

const databases = (backend: Backend, directory: string) => [
  join(directory, 'l3', 'cache.db'),
  ...(backend === 'sqlite' ? [join(directory, 'l2', 'l2_cache.db')] : []),
];
const shards = (directory: string) =>
  readdirSync(join(directory, 'l2'))
    .filter((name) => /^shard_\d+\.jsonl$/.test(name))
    .map((name) => join(directory, 'l2', name));

describe.each(['jsonl', 'sqlite'] as const)('a re-encryption with %s and SQLite behind it', (backend) => {
  it('leaves nothing that the old key opens, even after a kill and with damaged records', async () => {
    const directory = temp();
    const old = recording();
    const next = generateKey();
    await livedIn(backend, directory, old);
    for (const path of databases(backend, directory)) expect(rot(path, 'fault 520 of the list')).toBeGreaterThan(0);
    if (backend === 'jsonl') {
      expect(shards(directory).reduce((sum, path) => sum + rot(path, 'fault 520 of the list'), 0)).toBeGreaterThan(0);
      const [first] = shards(directory);
      const line = readFileSync(first!, 'utf8')
        .split('\n')
        .find((text) => text.includes('username_encrypted'))!;
      // A line without its end, and a line that was quarantined earlier.
      appendFileSync(first!, `${line.slice(0, line.indexOf('"password_encrypted"'))}\n`);
      mkdirSync(join(directory, 'l2', 'quarantine'), { mode: 0o700 });
      writeFileSync(join(directory, 'l2', 'quarantine', 'shard_03.jsonl'), `{"a":1}\n${line}\nno JSON\n`, {
        mode: 0o600,
      });
    }

    const child = reencryptingChild(backend, directory, [next, old.key]);
    let steps = 0;
    for await (const _ of createInterface({ input: child.stdout })) if (++steps === 5) child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(filesWithTokensOf(directory, new CredentialEncryptor({ key: old.key, env: {} }))).not.toEqual([]);

    const cache = await open(
      backend,
      directory,
      new CredentialEncryptor({ key: next, previousKeys: [old.key], env: {} }),
    );
    const result = await cache.reencrypt();
    expect(result).toMatchObject({ unreadable: 0, inQuarantine: 0, complete: true });
    expect(result.alreadyCurrent).toBeGreaterThan(0);
    expect(result.reencrypted).toBeGreaterThan(0);
    // Before close, too: everything in the log is sealed with the new key.
    expect(filesWithTokens(directory, tokensOf(old))).toEqual([]);
    expect((await cache.get(keyOf(100)))?.password?.reveal()).toBe(passwordOf(100, 1));
    await cache.close();
    expect(filesWithTokens(directory, tokensOf(old))).toEqual([]);
    expect(filesWithTokensOf(directory, new CredentialEncryptor({ key: old.key, env: {} }))).toEqual([]);
    if (backend === 'jsonl') {
      const aside = join(directory, 'l2', 'quarantine', 'shard_03.jsonl');
      const lines = readFileSync(aside, 'utf8').split('\n');
      expect(lines[0]).toBe('{"a":1}');
      expect(lines[2]).toBe('no JSON');
      expect(statSync(aside).mode & 0o777).toBe(0o600);
      expect(filesWithTokensOf(directory, new CredentialEncryptor({ key: next, env: {} })).join()).toContain(
        'quarantine',
      );
    }
  });

  it('is not complete while a quarantined credential has a damaged URL, so that its origin is unknown', async () => {
    const directory = temp();
    const [old, next] = [recording(), generateKey()];
    await livedIn(backend, directory, old);
    for (const path of databases(backend, directory)) rot(path, 'http://h520.example');
    if (backend === 'jsonl') for (const path of shards(directory)) rot(path, 'http://h520.example');
    const cipher = new CredentialEncryptor({ key: next, previousKeys: [old.key], env: {} });
    const cache = await open(backend, directory, cipher);
    const result = await cache.reencrypt();
    expect(result).toMatchObject({ unreadable: 0, inQuarantine: 2, complete: false });
    await cache.close();
    expect(filesWithTokensOf(directory, new CredentialEncryptor({ key: old.key, env: {} }))).not.toEqual([]);
  });

  it('is not complete while a quarantined token opens with no key, and is complete once it is gone', async () => {
    const directory = temp();
    const [lost, next] = [recording(), generateKey()];
    await livedIn(backend, directory, lost);
    for (const path of databases(backend, directory)) rot(path, 'http://h520.example');
    if (backend === 'jsonl') for (const path of shards(directory)) rot(path, 'http://h520.example');
    const cache = await open(backend, directory, new CredentialEncryptor({ key: next, env: {} }));
    const result = await cache.reencrypt();
    expect(result).toMatchObject({ reencrypted: 0, complete: false });
    expect(Object.values(result.tiers).map(({ inQuarantine }) => inQuarantine)).toEqual([1, 1]);
    expect(await cache.reencrypt()).toMatchObject({ inQuarantine: 2, complete: false });
  });
});
