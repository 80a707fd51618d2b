import { setTimeout as sleep } from 'node:timers/promises';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { RedisCacheTier } from '@pw/tier-redis';
import type { Order } from './order.ts';

// One "machine": memory in front, the server that all share behind. It does what it is told, and says what it sees.
const [name, url] = process.argv.slice(2) as [string, string];
const cache = await CacheManager.open({
  tiers: [
    { name: 'memory', tier: (context) => new MemoryCacheTier({ maxEntries: 1000 }, context) },
    { name: 'redis', tier: (context) => new RedisCacheTier({}, { ...context, url, namespace: 'many-machines' }) },
  ],
});

async function look(key: string): Promise<string> {
  const found = await cache.lookup(key);
  return found === undefined ? 'nothing' : `${found.entry.source}, from ${found.tier}`;
}

async function load(key: string): Promise<string> {
  let isOwn = false;
  const entry = await cache.getOrLoad(key, async () => {
    isOwn = true;
    await sleep(200);
    return CacheEntry.create({ key, proxyUrl: 'http://192.0.2.9:8080', source: `loaded by ${name}` });
  });
  return `${entry?.source}${isOwn ? ' itself' : ''}`;
}

async function obey({ does, key, source }: Order): Promise<string> {
  if (does === 'look') return `sees ${await look(key)}`;
  if (does === 'load') return `has what was ${await load(key)}`;
  if (does === 'delete') return (await cache.delete(key)) ? 'deleted it' : 'found nothing to delete';
  const entry = CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', ...(source && { source }) });
  return (await cache.put(key, entry)) ? `stored ${source}` : 'could not store it';
}

process.on('message', (order: Order) => void obey(order).then((answer) => process.send!(answer)));
process.once('disconnect', () => void cache.close());
process.send!('ready');
