import { openCache } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';
import { CACHE_CONFIG, httpProxies } from './workspace.ts';

/** The result of this program, a reader without the encryption key; printed as JSON. */
export interface KeylessRead {
  readonly found: number;
  /** Entries that were returned with credentials. */
  readonly opened: number;
}

await using cache = await openCache(CACHE_CONFIG, { env: {} });
const wanted = new Set(httpProxies().map((url) => generateCacheKey(url)));
let found = 0;
let opened = 0;
for await (const entry of cache.entries()) {
  if (wanted.has(entry.key)) found++;
  if (entry.hasCredentials) opened++;
}
console.log(JSON.stringify({ found, opened } satisfies KeylessRead));
