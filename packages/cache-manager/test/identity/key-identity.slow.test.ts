import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inspect } from 'node:util';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheErrorCode, type CredentialCipher, generateCacheKey, Secret, type TierFactory } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type KeyIdentity, type WarmOptions } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';

const GATE = 'http://gate.example:7777';
const SESSIONS = ['pass_session-a1', 'pass_session-b2', 'pass_session-c3'];
const LIST = SESSIONS.map((password) => `http://user:${password}@gate.example:7777`);
const BOTH_KEPT = /differs from an earlier row only in its password.*--key-identity url\+credentials/;
const UNAVAILABLE = { name: 'CacheError', code: CacheErrorCode.IDENTITY_KEY_UNAVAILABLE, retryable: false };

const memory: TierFactory = (context) => new MemoryCacheTier(context);
const jsonl =
  (directory: string): TierFactory =>
  (context) =>
    new JsonlCacheTier({ ...context, directory: join(directory, 'l2') });
const sqlite =
  (directory: string): TierFactory =>
  (context) =>
    new SqliteCacheTier({ ...context, path: join(directory, 'l3.db') });

const encryptor = (key: string, previousKeys: string[] = []) => new CredentialEncryptor({ key, previousKeys, env: {} });
const KEY = generateKey();

interface Opening {
  readonly tiers?: TierFactory[];
  readonly cipher?: CredentialCipher;
  readonly logger?: RecordingLogger;
}

async function open(directory: string, { cipher = encryptor(KEY), logger, ...opening }: Opening = {}) {
  const tiers = opening.tiers ?? [memory, jsonl(directory), sqlite(directory)];
  const cache = await CacheManager.open({ tiers, cipher, logger });
  onTestFinished(() => cache.close());
  return cache;
}

const home = () => makeTempDir(onTestFinished);

async function warm(cache: CacheManager, rows: readonly string[] = LIST, options: WarmOptions = {}) {
  const path = join(makeTempDir(onTestFinished), 'list.txt');
  writeFileSync(path, rows.join('\n'));
  return cache.warmFromFile(path, { keyIdentity: 'url+credentials', ...options });
}

const sortedKeys = async (cache: CacheManager) => (await cache.keys()).sort();

/** The sealed value as stored by SQLite. */
function inDatabase(directory: string): unknown {
  using db = new DatabaseSync(join(directory, 'l3.db'), { readOnly: true });
  return db.prepare('SELECT value FROM pw_side_values WHERE name = ?').get('identity-key')?.['value'];
}

function filesUnder(directory: string): string[] {
  const all = readdirSync(directory, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("keyIdentity 'url+credentials'", () => {
  it('gives each gateway session that is part of a password its own key', async () => {
    const cache = await open(home());
    expect(await warm(cache)).toMatchObject({ loaded: 3, failed: 0, problemCount: 0 });
    const passwords: (string | undefined)[] = [];
    for await (const entry of cache.entries()) passwords.push(entry.password?.reveal());
    expect(passwords.sort()).toEqual(SESSIONS);
  });

  it('computes the same keys every time, after a restart, and in every process', async () => {
    const directory = home();
    const cache = await open(directory);
    await warm(cache);
    const keys = await sortedKeys(cache);
    await warm(cache);
    await cache.close();
    const again = await open(directory);
    expect(await warm(again)).toMatchObject({ loaded: 3 });
    expect(await sortedKeys(again)).toEqual(keys);
  });

  it('computes different keys for the same list in another cache', async () => {
    const [one, other] = [await open(home()), await open(home())];
    await warm(one);
    await warm(other);
    const all = new Set([...(await one.keys()), ...(await other.keys())]);
    expect(all.size).toBe(6);
  });

  it('computes no key from an unkeyed hash of the password', async () => {
    const cache = await open(home());
    await warm(cache);
    const keys = await cache.keys();
    const texts = SESSIONS.flatMap((password) => [
      `${GATE}\0user\0${password}`,
      `${GATE}\0user:${password}`,
      `${GATE}user${password}`,
      `http://user:${password}@gate.example:7777`,
      JSON.stringify(['pw-cache key 1', GATE, 'user', password]),
      password,
    ]);
    for (const text of texts) expect(keys).not.toContain(createHash('sha256').update(text).digest('hex').slice(0, 16));
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{16}$/);
  });

  it('gives a row without a password the unkeyed hash of URL and username as its key', async () => {
    const cache = await open(home());
    await warm(cache, [GATE, 'http://user@gate.example:7777']);
    expect(await sortedKeys(cache)).toEqual(
      [generateCacheKey(GATE), generateCacheKey(GATE, { username: 'user' })].sort(),
    );
  });

  it('accepts the key of a row if it is the one of its URL, username and password', async () => {
    const cache = await open(home());
    await warm(cache, [LIST[0]!]);
    const [key] = await cache.keys();
    const rows = [
      { key, proxy_url: GATE, username: 'user', password: SESSIONS[0] },
      { key, proxy_url: GATE, username: 'user', password: 'other' },
    ];
    const path = join(home(), 'rows.json');
    writeFileSync(path, JSON.stringify(rows));
    const result = await cache.warmFromFile(path, { keyIdentity: 'url+credentials' });
    expect(result.problems.map(({ line }) => line)).toEqual([2]);
    expect((await cache.get(key!))?.password?.reveal()).toBe(SESSIONS[0]);
    expect(await cache.size()).toBe(2);
  });
});

describe('the identity key', () => {
  it('does not appear among the entries of lists, counts, queries or exports', async () => {
    const directory = home();
    const cache = await open(directory);
    await warm(cache, [LIST[0]!]);
    expect(await cache.size()).toBe(1);
    expect((await cache.query()).entries).toHaveLength(1);
    expect(cache.getStatistics().l3Stats.currentSize).toBe(1);
    const path = join(directory, 'out.jsonl');
    expect(await cache.exportToFile(path)).toMatchObject({ exported: 1 });
    expect(readFileSync(path, 'utf8')).not.toContain(inDatabase(directory));
  });

  it('is not stored unencrypted in any file or log', async () => {
    const directory = home();
    const logger = new RecordingLogger();
    const seen: string[] = [];
    const right = encryptor(KEY);
    const spying: CredentialCipher = {
      encrypt: (secret, binding) => {
        if (binding?.role === 'identity-key') seen.push(secret.reveal());
        return right.encrypt(secret, binding);
      },
      decrypt: (token, binding) => right.decrypt(token, binding),
      stateOf: (token, binding) => right.stateOf(token, binding),
    };
    const cache = await open(directory, { cipher: spying, logger });
    await warm(cache);
    const shown = inspect(cache, { depth: 20, showHidden: true });
    await cache.close();
    const [key] = seen;
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const forms = [
      key!,
      ...(['latin1', 'base64', 'base64url'] as const).map((form) => Buffer.from(key!, 'hex').toString(form)),
    ];
    const files = filesUnder(directory).map((path) => readFileSync(path, 'latin1'));
    for (const text of [...files, shown, logger.text])
      for (const form of forms) expect(text.includes(form)).toBe(false);
  });

  it('survives clear, so that the same list gets the same keys', async () => {
    const cache = await open(home());
    await warm(cache);
    const keys = await sortedKeys(cache);
    await cache.clear();
    await warm(cache);
    expect(await sortedKeys(cache)).toEqual(keys);
  });

  it('is stored in a private file beside the shards if a JSONL tier is the lowest one', async () => {
    const directory = home();
    const cache = await open(directory, { tiers: [memory, jsonl(directory)] });
    await warm(cache);
    const { mode } = statSync(join(directory, 'l2', 'pw-side-identity-key.txt'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('is adopted by a lower tier that is added later', async () => {
    const directory = home();
    const before = await open(directory, { tiers: [memory, jsonl(directory)] });
    await warm(before);
    const keys = await sortedKeys(before);
    await before.close();
    const cache = await open(directory);
    await warm(cache);
    expect(await sortedKeys(cache)).toEqual(keys);
    expect(inDatabase(directory)).toEqual(expect.any(String));
  });

  it('is stored in a higher tier if the lowest one cannot store it', async () => {
    const directory = home();
    const foreign: TierFactory = (context) => new FaultTier(context, { persistent: true });
    const tiers = () => [memory, jsonl(directory), foreign];
    const cache = await open(directory, { tiers: tiers() });
    await warm(cache);
    const keys = await sortedKeys(cache);
    await cache.close();
    const again = await open(directory, { tiers: tiers() });
    await warm(again);
    expect(await sortedKeys(again)).toEqual(keys);
  });

  it('is resealed by reencrypt, counts as one record, and then opens with the new key only', async () => {
    const directory = home();
    const cache = await open(directory);
    await warm(cache, [LIST[0]!]);
    const keys = await sortedKeys(cache);
    const before = inDatabase(directory);
    await cache.close();
    const fresh = generateKey();
    const rotating = await open(directory, { cipher: encryptor(fresh, [KEY]) });
    const result = await rotating.reencrypt();
    expect(result.tiers['l3']).toMatchObject({ reencrypted: 2, alreadyCurrent: 0 });
    expect(result.complete).toBe(true);
    expect((await rotating.reencrypt()).tiers['l3']).toMatchObject({ reencrypted: 0, alreadyCurrent: 2 });
    await rotating.close();
    expect(inDatabase(directory)).not.toEqual(before);
    const bytes = readFileSync(join(directory, 'l3.db'));
    expect(bytes.includes(Buffer.from(String(before)))).toBe(false);
    const again = await open(directory, { cipher: encryptor(fresh) });
    await warm(again, [LIST[0]!]);
    expect(await sortedKeys(again)).toEqual(keys);
  }, 30_000);

  it('of a JSONL tier is resealed, and files that a killed process left are removed', async () => {
    const directory = home();
    const tiers = () => [jsonl(directory)];
    const cache = await open(directory, { tiers: tiers() });
    await warm(cache, [LIST[0]!]);
    await cache.close();
    const path = join(directory, 'l2', 'pw-side-identity-key.txt');
    const before = readFileSync(path, 'utf8').trim();
    writeFileSync(`${path}.pw-0123456789ab.tmp`, before);
    const rotating = await open(directory, { tiers: tiers(), cipher: encryptor(generateKey(), [KEY]) });
    expect(await rotating.reencrypt()).toMatchObject({ complete: true, reencrypted: 2 });
    await rotating.close();
    for (const file of filesUnder(directory)) expect(readFileSync(file, 'utf8')).not.toContain(before);
  }, 30_000);
});

describe('an import with keys that cover passwords is rejected and stores nothing', () => {
  it('without a cipher', async () => {
    const cache = await CacheManager.open({ tiers: [memory, sqlite(home())] });
    onTestFinished(() => cache.close());
    await expect(warm(cache)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringMatching(/no encryption key/),
    });
    expect(await cache.size()).toBe(0);
  });

  it('without a persistent tier that can store the identity key', async () => {
    const cache = await open(home(), { tiers: [memory] });
    await expect(warm(cache)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringMatching(/no persistent tier/),
    });
    expect(await cache.size()).toBe(0);
  });

  it('if no key opens the stored identity key, which is kept', async () => {
    const directory = home();
    const before = await open(directory);
    await warm(before);
    await before.close();
    const stored = inDatabase(directory);
    const cache = await open(directory, { cipher: encryptor(generateKey()) });
    await expect(warm(cache, ['http://user:new@other.example:1'])).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringMatching(/no key opens/),
    });
    expect(inDatabase(directory)).toEqual(stored);
    await cache.close();
    const withKey = await open(directory);
    expect(await warm(withKey)).toMatchObject({ loaded: 3 });
    expect(await withKey.size()).toBe(3);
  });

  it.each([
    [
      'a token of a password',
      (cipher: CredentialEncryptor) => ({ role: 'password' as const, origin: 'pw-cache', cipher }),
    ],
    [
      'a token with another binding',
      (cipher: CredentialEncryptor) => ({ role: 'identity-key' as const, origin: 'x', cipher }),
    ],
  ])('if %s was stored in place of the identity key', async (_, place) => {
    const directory = home();
    const before = await open(directory);
    await warm(before);
    await before.close();
    const { cipher, ...binding } = place(encryptor(KEY));
    const token = Buffer.from(cipher.encrypt(Secret.of('00'.repeat(32)), binding)).toString('hex');
    using db = new DatabaseSync(join(directory, 'l3.db'));
    db.prepare('UPDATE pw_side_values SET value = ?').run(token);
    const cache = await open(directory);
    await expect(warm(cache)).rejects.toMatchObject(UNAVAILABLE);
  });

  it('while a tier that may have the identity key is out of use', async () => {
    const directory = home();
    const before = await open(directory);
    await warm(before);
    await before.close();
    const broken: TierFactory = () => {
      throw new Error('no such disk');
    };
    const cache = await open(directory, { tiers: [memory, jsonl(directory), broken] });
    await expect(warm(cache, ['http://user:new@other.example:1'])).rejects.toMatchObject({
      code: CacheErrorCode.STORAGE_FAILED,
      retryable: true,
      message: expect.stringMatching(/l3/),
    });
    expect(readdirSync(join(directory, 'l2'))).not.toContain('pw-side-identity-key.txt');
  });

  it('with an error that reveals no password, no token and no key', async () => {
    const directory = home();
    const before = await open(directory);
    await warm(before);
    await before.close();
    const cache = await open(directory, { cipher: encryptor(generateKey()) });
    const error: unknown = await warm(cache).catch((reason: unknown) => reason);
    const shown = inspect(error, { depth: 10, showHidden: true });
    for (const secret of [...SESSIONS, String(inDatabase(directory)), KEY]) expect(shown).not.toContain(secret);
  });
});

describe('rows of one import that differ only in their password', () => {
  const identities: readonly KeyIdentity[] = ['url+username', 'url'];
  it.each(identities)('are reported, and the last one wins, with keyIdentity %s', async (keyIdentity) => {
    const cache = await open(home());
    const result = await warm(cache, LIST, { keyIdentity });
    expect(result).toMatchObject({ loaded: 3, failed: 0, problemCount: 2 });
    expect(result.problems.map(({ line }) => line)).toEqual([2, 3]);
    for (const { reason } of result.problems) expect(reason).toMatch(BOTH_KEPT);
    const [key] = await cache.keys();
    expect((await cache.get(key!))?.password?.reveal()).toBe(SESSIONS.at(-1));
  });

  it('are reported across batches too', async () => {
    const cache = await open(home());
    const result = await warm(cache, LIST, { keyIdentity: 'url+username', batchSize: 1 });
    expect(result.problems.map(({ line }) => line)).toEqual([2, 3]);
  });

  it('are not reported if the passwords are equal, or only one row has a password', async () => {
    const cache = await open(home());
    const rows = [LIST[0]!, LIST[0]!, 'http://user@gate.example:7777', 'http://ann:x@gate.example:7777'];
    expect((await warm(cache, rows, { keyIdentity: 'url+username' })).problemCount).toBe(0);
  });

  it('are not reported if the other password comes from an earlier import', async () => {
    const cache = await open(home());
    await warm(cache, [LIST[0]!], { keyIdentity: 'url+username' });
    expect((await warm(cache, [LIST[1]!], { keyIdentity: 'url+username' })).problemCount).toBe(0);
    expect((await warm(cache, [GATE, LIST[0]!], { keyIdentity: 'url+username' })).problemCount).toBe(0);
  });

  it('are reported without their passwords', async () => {
    const cache = await open(home());
    const { problems } = await warm(cache, LIST, { keyIdentity: 'url+username' });
    for (const password of SESSIONS) expect(JSON.stringify(problems)).not.toContain(password);
  });
});

it('creates and logs a new identity key if the lowest tier was replaced by an empty one', async () => {
  const directory = home();
  const before = await open(directory);
  await warm(before);
  const keys = await sortedKeys(before);
  await before.close();
  for (const end of ['', '-wal', '-shm']) rmSync(join(directory, `l3.db${end}`), { force: true });
  const logger = new RecordingLogger();
  const cache = await open(directory, { logger });
  await warm(cache);
  expect((await sortedKeys(cache)).filter((key) => keys.includes(key))).toEqual(keys);
  expect(await cache.size()).toBe(6);
  expect(logger.text).toContain('created an identity key');
});
