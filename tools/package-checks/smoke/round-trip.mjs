import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEEP = { maxEntries: 10 };
// SQLite's binding needs Node-API 10, which Node.js has since 22.14. On older versions the error must say so, and the
// rest must work.
const HAS_SQLITE = Number(process.versions.napi) >= 10;

/**
 * Passes entries through every package as a program would, in a separate folder. `load` returns a package by its name.
 */
export async function roundTrip(load) {
  const directory = mkdtempSync(join(tmpdir(), 'pw-smoke-'));
  try {
    const entry = makeEntry(load('@pw/cache-models'));
    const cipher = checkCipher(load('@pw/cache-crypto'), load('@pw/cache-models'));
    await checkTiers(load, entry, { cipher, directory });
    await checkStack(load('@pw/cache-manager'), entry, { key: cipher.key, directory });
    checkNoPassword(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeEntry({ CacheEntry, generateCacheKey }) {
  const entry = CacheEntry.create({ proxyUrl: 'http://user:hunter2hunter2@proxy.example:8080' });
  assert.equal(entry.key, generateCacheKey('http://proxy.example:8080', { username: 'user' }));
  assert.ok(!JSON.stringify(entry).includes('hunter2'), 'an entry shows its password');
  return entry;
}

function checkCipher({ CredentialEncryptor, generateKey }, { Secret }) {
  const cipher = new CredentialEncryptor({ key: generateKey() });
  assert.equal(cipher.decrypt(cipher.encrypt(Secret.of('text'))).reveal(), 'text');
  return cipher;
}

async function checkTiers(load, entry, { cipher, directory }) {
  const { MemoryCacheTier } = load('@pw/tier-memory');
  const { JsonlCacheTier } = load('@pw/tier-jsonl');
  const { DiskCacheTier, SqliteCacheTier } = load('@pw/tier-sqlite');
  await checkTier(new MemoryCacheTier(KEEP), entry);
  await checkTier(new JsonlCacheTier({ ...KEEP, cipher, directory: join(directory, 'jsonl') }), entry);
  const sqlite = [
    new DiskCacheTier({ ...KEEP, cipher, directory: join(directory, 'disk') }),
    new SqliteCacheTier({ ...KEEP, cipher, path: join(directory, 'tier.db') }),
  ];
  for (const tier of sqlite) {
    if (HAS_SQLITE) await checkTier(tier, entry);
    else await assert.rejects(async () => tier.open(), { code: 'CACHE_RUNTIME_UNSUPPORTED' });
  }
}

async function checkTier(tier, entry) {
  await tier.open();
  assert.equal(await tier.put(entry.key, entry), true, tier.name);
  assert.equal((await tier.get(entry.key))?.password?.reveal(), 'hunter2hunter2', tier.name);
  assert.equal(await tier.delete(entry.key), true, tier.name);
  assert.equal(await tier.get(entry.key), undefined, tier.name);
  assert.equal(await tier.put(entry.key, entry), true, tier.name);
  await tier.close();
}

async function checkStack({ openCache }, entry, { key, directory }) {
  const config = {
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: key,
  };
  if (!HAS_SQLITE) await assert.rejects(openCache(config), { code: 'CACHE_RUNTIME_UNSUPPORTED' });
  for (const l2Backend of HAS_SQLITE ? ['jsonl', 'sqlite'] : ['jsonl']) {
    const stack = { ...config, l2Backend, l3Config: { enabled: HAS_SQLITE } };
    const first = await openCache(stack);
    assert.equal(await first.put(entry.key, entry), true);
    assert.equal((await first.get(entry.key))?.proxyUrl, 'http://proxy.example:8080');
    await first.close();
    const second = await openCache(stack);
    const found = await second.lookup(entry.key);
    assert.equal(found?.tier, 'l2', `read again from ${l2Backend}`);
    assert.equal(found.entry.password?.reveal(), 'hunter2hunter2');
    assert.equal(second.getStatistics().promotions, 1);
    await second.close();
  }
}

function checkNoPassword(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  assert.ok(files.length > 0, 'nothing was stored');
  for (const file of files) {
    const content = readFileSync(join(file.parentPath, file.name));
    assert.ok(!content.includes('hunter2'), `${file.name} contains a password in clear`);
  }
}
