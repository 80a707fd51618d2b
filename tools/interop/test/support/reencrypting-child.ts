import { openCache } from '@pw/cache-manager';
import type { CacheConfigInput } from '@pw/cache-models';

// Re-encrypts a cache with batches of a size and prints a line for each step.
const [config, batchSize] = process.argv.slice(2) as [string, string];
const cache = await openCache(JSON.parse(config) as CacheConfigInput, { env: {} });
await cache.reencrypt({ batchSize: Number(batchSize), onProgress: (step) => console.log(JSON.stringify(step)) });
await cache.close();
