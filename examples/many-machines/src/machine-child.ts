import { setTimeout as sleep } from 'node:timers/promises';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { RedisCacheTier } from '@pw/tier-redis';
import type { MachineCommand } from './machine-command.ts';

// One "machine": a memory tier in front of the shared server. It runs the commands of its parent and sends the results.
const [name, url] = process.argv.slice(2) as [string, string];
const cache = await CacheManager.open({
  tiers: [
    { name: 'memory', tier: (context) => new MemoryCacheTier({ maxEntries: 1000, ...context }) },
    { name: 'redis', tier: (context) => new RedisCacheTier({ ...context, url, namespace: 'many-machines' }) },
  ],
});

async function lookup(key: string): Promise<string> {
  const found = await cache.lookup(key);
  return found === undefined ? 'nothing' : `${found.entry.source}, from ${found.tier}`;
}

async function load(key: string): Promise<string> {
  let isLoader = false;
  const entry = await cache.getOrLoad(key, async () => {
    isLoader = true;
    await sleep(200);
    return CacheEntry.create({ key, proxyUrl: 'http://192.0.2.9:8080', source: `loaded by ${name}` });
  });
  return `${entry?.source}${isLoader ? ' itself' : ''}`;
}

async function execute({ operation, key, source }: MachineCommand): Promise<string> {
  if (operation === 'lookup') return `sees ${await lookup(key)}`;
  if (operation === 'load') return `has the entry ${await load(key)}`;
  if (operation === 'delete') return (await cache.delete(key)) ? 'deleted it' : 'found nothing to delete';
  const entry = CacheEntry.create({ key, proxyUrl: 'http://192.0.2.1:8080', ...(source && { source }) });
  return (await cache.put(key, entry)) ? `stored ${source}` : 'could not store it';
}

process.on('message', (command: MachineCommand) => void execute(command).then((result) => process.send!(result)));
process.once('disconnect', () => void cache.close());
process.send!('ready');
