import { setTimeout as sleep } from 'node:timers/promises';
import { type CacheConfigInput, CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { CacheManager, openCache } from '../../src/index.ts';

// Opens a cache and never closes it. The argument names what else happens; the environment contains the configuration.
const config = JSON.parse(process.env['CACHE_CONFIG'] ?? '{}') as CacheConfigInput;

/** Caches that are still in use when the process exits. */
const used: CacheManager[] = [];

/** Collects garbage until nothing is left, or for some seconds, and prints how many objects are left. */
async function printLeft(refs: readonly WeakRef<object>[]): Promise<void> {
  const left = () => refs.filter((ref) => ref.deref() !== undefined).length;
  for (let i = 0; i < 200 && left() > 0; i++) {
    await sleep(50);
    globalThis.gc!();
  }
  console.log(left());
}

async function abandon(): Promise<WeakRef<object>[]> {
  const cache = await openCache(config);
  const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
  await cache.put(entry.key, entry);
  await cache.get(entry.key);
  return [new WeakRef(cache), ...cache.tiers.map(({ tier }) => new WeakRef<object>(tier!))];
}

const openMemory = (cleanupIntervalSeconds: number) =>
  CacheManager.open({ tiers: [new MemoryCacheTier({})], cleanupIntervalSeconds });

const PROGRAMS: Readonly<Record<string, () => Promise<void>>> = {
  async store() {
    const cache = await openCache(config);
    used.push(cache);
    let stored = 0;
    for (let i = 1; i <= 200; i++) {
      const entry = CacheEntry.create({ proxyUrl: `http://user:secret@h.example:${i}` });
      if (await cache.put(entry.key, entry)) stored++;
    }
    console.log(stored);
  },
  // The access of the entry is buffered until it is written behind, after a second.
  forget: async () => printLeft(await abandon()),
  async memory() {
    const cache = await openMemory(3600);
    used.push(cache);
    const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1' });
    await cache.put(entry.key, entry);
    await cache.get(entry.key);
    console.log('done');
  },
  async 'forget memory'() {
    const forgotten = async () => [new WeakRef(await openMemory(0.01))];
    await printLeft(await forgotten());
  },
};

await PROGRAMS[process.argv[2]!]!();
