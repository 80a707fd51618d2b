import assert from 'node:assert/strict';
import { CacheManager, openCache } from '@pw/cache-manager';
import { CacheEntry, CacheError } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';

// A program that installed only the memory tier works; a configuration that needs more fails with the install command.
const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ maxEntries: 10 })] });
const entry = CacheEntry.create({ proxyUrl: 'socks5://proxy.example:1080' });
assert.equal(await cache.put(entry.key, entry), true);
assert.equal((await cache.get(entry.key))?.proxyUrl, 'socks5://proxy.example:1080');
await cache.close();

const only = await openCache({
  l1Config: { maxEntries: 10 },
  l2Config: { enabled: false },
  l3Config: { enabled: false },
});
assert.equal(await only.put(entry.key, entry), true);
await only.close();

const asksForMore = [
  [{ l2Config: { enabled: false } }, '@pw/tier-sqlite'],
  [{ l2Backend: 'sqlite', l3Config: { enabled: false } }, '@pw/tier-sqlite'],
  [{ l3Config: { enabled: false } }, '@pw/tier-jsonl'],
];
for (const [config, missing] of asksForMore) {
  const error = await openCache({ l1Config: { maxEntries: 10 }, ...config }).then(
    () => assert.fail(`opened without ${missing}`),
    (reason) => reason,
  );
  assert.ok(error instanceof CacheError, `not a CacheError: ${error}`);
  assert.equal(error.code, 'CACHE_PACKAGE_MISSING');
  assert.match(error.message, new RegExp(`npm install ${missing}\\b`));
}
