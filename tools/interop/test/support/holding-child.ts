import { writeHeapSnapshot } from 'node:v8';
import { openCache } from '@pw/cache-manager';
import type { CacheConfigInput, CacheEntry } from '@pw/cache-models';

// Reads all entries into memory, keeps them, reveals some, writes a heap snapshot, and waits.
const [config, revealed, snapshot] = process.argv.slice(2) as [string, string, string];
const cache = await openCache(JSON.parse(config) as CacheConfigInput, { env: {} });
const held: (CacheEntry | undefined)[] = [];
for (const key of await cache.keys()) held.push(await cache.get(key));
const shown = held.slice(0, Number(revealed)).map((entry) => entry?.password?.reveal());
// The whole process can reach them, so nothing is collected before the search.
Object.assign(globalThis, { held, shown });
writeHeapSnapshot(snapshot);
console.log(held.length);
setInterval(() => {}, 1000);
