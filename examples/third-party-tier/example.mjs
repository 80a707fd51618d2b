// A memory tier in front of this one. Entries that do not fit into memory are read from the database, and all entries
// survive a restart.
import { rmSync } from 'node:fs';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { NodeSqliteTier } from 'pw-tier-node-sqlite';

const path = 'example-cache/cache.db';
const open = () =>
  CacheManager.open({
    tiers: [
      (context) => new MemoryCacheTier({ maxEntries: 2, ...context }),
      { name: 'sqlite', tier: (context) => new NodeSqliteTier({ ...context, path }) },
    ],
  });

const proxies = { 'http://192.0.2.1:8080': 'DE', 'socks5://192.0.2.2:1080': 'US', 'https://192.0.2.3:8443': 'CA' };
const urls = Object.keys(proxies);
const first = await open();
for (const proxyUrl of urls) {
  const entry = CacheEntry.create({ proxyUrl, labels: { country: proxies[proxyUrl] } });
  await first.put(entry.key, entry);
}
await first.close();

const second = await open();
for (const url of [...urls, ...urls.slice(-1)]) {
  const found = await second.lookup(CacheManager.generateCacheKey(url));
  console.log(`${url} in ${found?.entry.labels.country}, from ${found?.tier}`);
}
await second.close();
rmSync('example-cache', { recursive: true });
