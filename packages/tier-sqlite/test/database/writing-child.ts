import { CacheEntry } from '@pw/cache-models';
import { TestCipher } from '@pw/tier-testkit';
import { DiskCacheTier, SqliteCacheTier } from '../../src/index.ts';

// Stores entries until it is killed, and reports each one after its put returned.
const [, , kind, directory, prefix, durability] = process.argv as string[];
const options = { cipher: new TestCipher('k1'), durability: durability as 'normal' | 'full' };
const tier =
  kind === 'DiskCacheTier'
    ? new DiskCacheTier({ ...options, directory: directory! })
    : new SqliteCacheTier({ ...options, path: `${directory}/proxywhirl.db` });

for (let i = 0; ; i++) {
  const key = `${prefix}-${i}`;
  const entry = CacheEntry.create({
    proxyUrl: 'http://192.0.2.1:80',
    key,
    ttlSeconds: 1e8,
    totalHealthChecks: i,
    password: key,
  });
  if (!tier.put(key, entry)) process.exit(1);
  process.stdout.write(`${key}\n`);
}
