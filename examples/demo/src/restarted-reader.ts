import { type CacheLookup, openCache } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';
import { splitBySecondTier } from './split-by-second-tier.ts';
import { CACHE_CONFIG, httpProxies } from './workspace.ts';

/** The result of this program, a new process that opens the files of the import; printed as JSON. */
export interface RestartedRead {
  readonly openMs: number;
  readonly firstMs: number;
  readonly firstTier: string;
  readonly totalMs: number;
  readonly found: number;
  readonly byTier: readonly string[];
  /** Entries whose credentials could be revealed. */
  readonly opened: number;
}

const start = performance.now();
await using cache = await openCache(CACHE_CONFIG);
const openedAt = performance.now();

const { inside, outside } = await splitBySecondTier(cache, httpProxies());
const [first, ...others] = [...inside, ...outside].map((url) => generateCacheKey(url));
const readStart = performance.now();
const firstHit = await cache.lookup(first!);
const afterFirst = performance.now();
const hitsByTier = new Map<string, number>();
count(firstHit);
for (const key of others) count(await cache.lookup(key));
const end = performance.now();

function count(hit: CacheLookup | undefined): void {
  if (hit !== undefined) hitsByTier.set(hit.tier, (hitsByTier.get(hit.tier) ?? 0) + 1);
}

let revealed = 0;
for await (const entry of cache.entries()) {
  if (entry.username?.reveal() !== undefined && entry.password?.reveal() !== undefined) revealed++;
}
const result: RestartedRead = {
  openMs: openedAt - start,
  firstMs: afterFirst - readStart,
  firstTier: firstHit?.tier ?? 'none',
  totalMs: end - readStart,
  found: [...hitsByTier.values()].reduce((sum, n) => sum + n, 0),
  byTier: [...hitsByTier].toSorted().map(([tier, n]) => `${n.toLocaleString('en-US')} from ${tier}`),
  opened: revealed,
};
console.log(JSON.stringify(result));
