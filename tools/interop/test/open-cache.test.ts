import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generateKey } from '@pw/cache-crypto';
import { type CacheManager, openCache } from '@pw/cache-manager';
import { CacheConfigError, type CacheConfigInput, CacheEntry, CacheError } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';

const key = generateKey();

function configIn(directory: string, config: CacheConfigInput = {}): CacheConfigInput {
  return {
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: key,
    ...config,
  };
}

async function open(config: CacheConfigInput, logger?: RecordingLogger): Promise<CacheManager> {
  const cache = await openCache(config, { env: {}, logger });
  onTestFinished(() => cache.close());
  return cache;
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
}

describe.each(['jsonl', 'sqlite'] as const)('the default cache with %s behind memory', (l2Backend) => {
  const config = (directory: string, more: CacheConfigInput = {}) => configIn(directory, { l2Backend, ...more });
  const temp = () => makeTempDir(onTestFinished);

  it('keeps entries, credentials, access counts and health across a restart', async () => {
    const directory = temp();
    const first = await open(config(directory));
    const entry = CacheEntry.create({ proxyUrl: 'http://user-marker:pass-marker@h.example:1', source: 'api' });
    expect(await first.putDetailed(entry.key, entry)).toEqual({
      stored: true,
      tiers: { l1: true, l2: true, l3: true },
    });
    for (let i = 0; i < 7; i++) await first.get(entry.key);
    await first.invalidateByHealth(entry.key);
    await first.close();
    const second = await open(config(directory));
    const lookup = await second.lookup(entry.key);
    expect(lookup).toMatchObject({ tier: 'l2', level: 2 });
    expect(lookup?.entry).toMatchObject({ accessCount: 8, failureCount: 1, healthStatus: 'unhealthy', source: 'api' });
    expect(lookup?.entry.username?.reveal()).toBe('user-marker');
    expect(lookup?.entry.password?.reveal()).toBe('pass-marker');
  });

  it('stores no credential in clear and no file that others may read', async () => {
    const directory = temp();
    const cache = await open(config(directory));
    const entry = CacheEntry.create({ proxyUrl: 'http://user-marker:pass-marker@h.example:1' });
    await cache.put(entry.key, entry);
    const spellings = ['user-marker', 'pass-marker'].flatMap((text) => [
      text,
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
      Buffer.from(text).toString('hex'),
    ]);
    const look = () => {
      for (const file of filesIn(directory)) {
        expect(statSync(file).mode & 0o077, file).toBe(0);
        const bytes = readFileSync(file);
        for (const spelling of spellings) {
          expect(bytes.includes(spelling), file).toBe(false);
        }
      }
    };
    look();
    await cache.close();
    look();
    expect(filesIn(directory).length).toBeGreaterThanOrEqual(2);
  });

  it('loses nothing with a wrong key, and serves entries without credentials', async () => {
    const directory = temp();
    const first = await open(config(directory));
    const sealed = CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' });
    const bare = CacheEntry.create({ proxyUrl: 'http://h.example:2' });
    await first.putMany([sealed, bare]);
    await first.close();
    const blind = await open(config(directory, { encryptionKey: generateKey() }));
    for (let i = 0; i < 5; i++) expect(await blind.get(sealed.key)).toBeUndefined();
    expect((await blind.get(bare.key))?.proxyUrl).toBe(bare.proxyUrl);
    expect(blind.getStatistics()).toMatchObject({ l2Degraded: false, l3Degraded: false });
    await blind.close();
    const sighted = await open(config(directory));
    expect((await sighted.get(sealed.key))?.password?.reveal()).toBe('p');
  });

  it('marks entries evicted from memory in the tiers below, also after a restart', async () => {
    const directory = temp();
    const first = await open(config(directory, { l1Config: { maxEntries: 1 } }));
    const [a, b] = [1, 2].map((port) => CacheEntry.create({ proxyUrl: `http://h.example:${port}` })) as [
      CacheEntry,
      CacheEntry,
    ];
    await first.put(a.key, a);
    await first.put(b.key, b);
    await first.close();
    const second = await open(config(directory, { l1Config: { enabled: false } }));
    const marks = new Map<string, boolean>();
    for await (const entry of second.entries()) marks.set(entry.key, entry.evictedFromL1);
    expect(marks).toEqual(
      new Map([
        [a.key, true],
        [b.key, false],
      ]),
    );
  });

  it('works without a tier whose path is occupied by a file', async () => {
    const directory = temp();
    writeFileSync(join(directory, 'l2'), 'a file where a directory should be');
    const logger = new RecordingLogger();
    const cache = await open(config(directory), logger);
    const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
    expect(await cache.putDetailed(entry.key, entry)).toMatchObject({
      stored: true,
      tiers: { l1: true, l2: false, l3: true },
    });
    expect(await cache.get(entry.key)).toBeDefined();
    expect(cache.getStatistics()).toMatchObject({ l1Degraded: false, l2Degraded: true, l3Degraded: false });
    expect(logger.text).toContain('l2');
  });

  it('loses no put that returned when the process is killed', async () => {
    const directory = temp();
    const program = `
      import { openCache } from '@pw/cache-manager';
      import { CacheEntry } from '@pw/cache-models';
      const cache = await openCache(${JSON.stringify(config(directory))}, { env: {} });
      for (let port = 1; port < 60000; port++) {
        const entry = CacheEntry.create({ proxyUrl: 'http://u:p@h.example:' + port });
        if (await cache.put(entry.key, entry)) console.log(entry.key);
      }`;
    const args = ['--conditions=@pw/source', '--input-type=module', '--eval', program];
    const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 300) child.kill('SIGKILL');
    }
    // Each tier on disk alone: neither may depend on the other.
    for (const only of [{ l3Config: { enabled: false } }, { l2Config: { enabled: false } }]) {
      const cache = await open(config(directory, only));
      expect((await cache.getMany(acknowledged)).size).toBe(acknowledged.length);
      await cache.close();
    }
  });
});

describe('openCache', () => {
  it('creates nothing on disk for tiers that are switched off', async () => {
    const directory = makeTempDir(onTestFinished);
    const cache = await open(configIn(directory, { l2Config: { enabled: false }, l3Config: { enabled: false } }));
    const entry = CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' });
    expect(await cache.put(entry.key, entry)).toBe(true);
    expect((await cache.get(entry.key))?.password?.reveal()).toBe('p');
    expect(cache.tiers.map(({ name }) => name)).toEqual(['l1']);
    expect(filesIn(directory)).toEqual([]);
  });

  it('reports what is wrong with a configuration or a key, and shows neither', async () => {
    await expect(openCache({ l1_config: {} } as never)).rejects.toThrow(/did you mean l1Config/);
    await expect(openCache({ failureThreshold: 0 })).rejects.toThrow(CacheConfigError);
    const wrong = await openCache({ encryptionKey: 'wrong-key-marker' }, { env: {} }).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(CacheError);
    expect((wrong as CacheError).code).toBe('CACHE_KEY_INVALID');
    expect(String(wrong)).not.toContain('marker');
  });

  it('warns once a random key seals credentials, and not before', async () => {
    const directory = makeTempDir(onTestFinished);
    const logger = new RecordingLogger();
    const cache = await open(configIn(directory, { encryptionKey: null }), logger);
    const bare = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
    await cache.put(bare.key, bare);
    expect(logger.lines).toEqual([]);
    const sealed = CacheEntry.create({ proxyUrl: 'http://u:p@h.example:1' });
    await cache.put(sealed.key, sealed);
    expect(logger.text).toContain('unreadable after a restart');
  });

  it('exports every entry with sealed credentials, and imports it unchanged', async () => {
    const directory = makeTempDir(onTestFinished);
    const first = await open(configIn(join(directory, 'a')));
    const entries = ['http://u:p-marker@h.example:1', 'http://h.example:2', 'socks5://v@[2001:db8::1]:3'].map(
      (proxyUrl, i) =>
        CacheEntry.create({ proxyUrl, source: `s${i}`, healthStatus: 'degraded', failureCount: i, accessCount: 9 }),
    );
    await first.putMany(entries);
    const file = join(directory, 'export.jsonl');
    expect(await first.exportToFile(file)).toEqual({ exported: 3, failed: 0 });
    expect(readFileSync(file, 'utf8')).not.toContain('p-marker');
    const second = await open(configIn(join(directory, 'b')));
    expect(await second.warmFromFile(file)).toMatchObject({ loaded: 3, skipped: 0, failed: 0 });
    const plain = (entry: CacheEntry) => ({
      ...entry.toFields(),
      username: entry.username?.reveal(),
      password: entry.password?.reveal(),
    });
    const found: ReturnType<typeof plain>[] = [];
    for await (const entry of second.entries()) found.push(plain(entry));
    const byKey = (a: { key: string }, b: { key: string }) => a.key.localeCompare(b.key);
    expect(found.sort(byKey)).toEqual(entries.map(plain).sort(byKey));
  });
});

describe('a configuration with a key file', () => {
  it('generates a key once, outside the cache, and opens its tokens after a restart', async () => {
    const directory = makeTempDir(onTestFinished);
    const keyFile = join(directory, 'keys', 'cache.key');
    const config = configIn(directory, { encryptionKey: null, keyFile, l1Config: { enabled: false } });
    const logger = new RecordingLogger();
    const first = await open(config, logger);
    const entry = CacheEntry.create({ proxyUrl: 'http://ann:hunter2@h.example:1' });
    await first.put(entry.key, entry);
    await first.close();
    const second = await open(config, logger);
    expect((await second.get(entry.key))?.password?.reveal()).toBe('hunter2');
    expect(logger.lines).toEqual([]);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  it.each(['l2/cache.key', 'l2/keys/cache.key', 'l3/cache.key'])(
    'refuses %s, which is inside the cache’s own directories',
    async (name) => {
      const directory = makeTempDir(onTestFinished);
      const config = configIn(directory, { encryptionKey: null, keyFile: join(directory, name) });
      await expect(openCache(config, { env: {} })).rejects.toThrow('keyFile: must not be among the files of the cache');
      expect(filesIn(directory)).toEqual([]);
    },
  );
});
