import { Session } from 'node:inspector/promises';
import { CacheEntry } from '@pw/cache-models';
import { openCache } from '../../src/index.ts';

// Prints, as JSON, the source files of the manager in which a function runs during one hit in the first tier, and
// during one put into all three tiers of the default stack.

const SOURCE = new URL('../../src/', import.meta.url).href;
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

async function filesOf(work: () => Promise<unknown>): Promise<string[]> {
  // Taking the coverage resets the counts.
  await session.post('Profiler.takePreciseCoverage');
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url, functions }) => url.startsWith(SOURCE) && functions.some(({ ranges }) => ranges[0]!.count > 0))
    .map(({ url }) => url.slice(SOURCE.length))
    .sort();
}

const [l2CacheDir, l3DatabasePath] = process.argv.slice(2);
const cache = await openCache({ l2CacheDir, l3DatabasePath });
const [first, second] = ['a', 'b'].map((name) => CacheEntry.create({ proxyUrl: `http://${name}.example:1` }));
await cache.put(first!);
await cache.get(first!.key);
const hit = await filesOf(() => cache.get(first!.key));
const put = await filesOf(() => cache.put(second!));
console.log(JSON.stringify({ hit, put }));
session.disconnect();
await cache.close();
