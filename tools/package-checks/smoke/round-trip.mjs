import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEEP = { maxEntries: 10 };

/** Takes entries through every package as a program would, in a folder of its own. `load` gives a package by its name. */
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
  const tiers = [
    new MemoryCacheTier(KEEP),
    new JsonlCacheTier(KEEP, { cipher, directory: join(directory, 'jsonl') }),
    new DiskCacheTier(KEEP, { cipher, directory: join(directory, 'disk') }),
    new SqliteCacheTier(KEEP, { cipher, path: join(directory, 'tier.db') }),
  ];
  for (const tier of tiers) {
    await tier.open();
    assert.equal(await tier.put(entry.key, entry), true, tier.name);
    assert.equal((await tier.get(entry.key))?.password?.reveal(), 'hunter2hunter2', tier.name);
    assert.equal(await tier.delete(entry.key), true, tier.name);
    assert.equal(await tier.get(entry.key), undefined, tier.name);
    await tier.put(entry.key, entry);
    await tier.close();
  }
}

async function checkStack({ openCache }, entry, { key, directory }) {
  const config = {
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: key,
  };
  for (const l2Backend of ['jsonl', 'sqlite']) {
    const first = await openCache({ ...config, l2Backend });
    assert.equal(await first.put(entry.key, entry), true);
    assert.equal((await first.get(entry.key))?.proxyUrl, 'http://proxy.example:8080');
    await first.close();
    const second = await openCache({ ...config, l2Backend });
    const found = await second.lookup(entry.key);
    assert.equal(found?.tier, 'l2', `read again from ${l2Backend}`);
    assert.equal(found.entry.password?.reveal(), 'hunter2hunter2');
    assert.equal(second.getStatistics().promotions, 1);
    await second.close();
  }
}

function checkNoPassword(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  assert.ok(files.length >= 4, 'nothing was stored');
  for (const file of files) {
    const content = readFileSync(join(file.parentPath, file.name));
    assert.ok(!content.includes('hunter2'), `${file.name} holds a password in clear`);
  }
}
