import { openCache } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';
import { CACHE_CONFIG, httpProxies } from './workspace.ts';

/** What a process without the encryption key finds; printed as JSON. */
export interface BlindRead {
  readonly found: number;
  /** Entries with credentials that it got to see. */
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
console.log(JSON.stringify({ found, opened } satisfies BlindRead));
