import { setTimeout as sleep } from 'node:timers/promises';
import { CacheManager } from '@pw/cache-manager';
import { MemoryCacheTier } from '@pw/tier-memory';
import { RedisCacheTier } from '@pw/tier-redis';
import { entryOf } from './memory-and-redis.ts';

// Loads a key on request; reports when its own loader starts, and the result.
const [url, loadMs] = process.argv.slice(2) as [string, string];
const cache = await CacheManager.open({
  tiers: [new MemoryCacheTier({}), new RedisCacheTier({ url })],
  loadLeaseMs: 400,
});
process.on('message', (key: string) => void load(key));

async function load(key: string): Promise<void> {
  const found = await cache.getOrLoad(key, async () => {
    process.send!('loading');
    await sleep(Number(loadMs));
    return entryOf(key, String(process.pid));
  });
  process.send!({ source: found?.source });
}
process.once('disconnect', () => void cache.close());
process.send!('ready');
