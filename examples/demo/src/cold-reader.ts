import { type CacheLookup, openCache } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';
import { bySecondTier } from './read-order.ts';
import { CACHE_CONFIG, httpProxies } from './workspace.ts';

/** What a process found that was started after the import; printed as JSON. */
export interface ColdRead {
  readonly openMs: number;
  readonly firstMs: number;
  readonly firstTier: string;
  readonly totalMs: number;
  readonly found: number;
  readonly byTier: readonly string[];
  /** Entries whose credentials could be revealed. */
  readonly opened: number;
}

const begin = performance.now();
await using cache = await openCache(CACHE_CONFIG);
const opened = performance.now();

const { inside, outside } = await bySecondTier(cache, httpProxies());
const [first, ...others] = [...inside, ...outside].map((url) => generateCacheKey(url));
const begun = performance.now();
const firstHit = await cache.lookup(first!);
const afterFirst = performance.now();
const answers = new Map<string, number>();
count(firstHit);
for (const key of others) count(await cache.lookup(key));
const end = performance.now();

function count(hit: CacheLookup | undefined): void {
  if (hit !== undefined) answers.set(hit.tier, (answers.get(hit.tier) ?? 0) + 1);
}

let revealed = 0;
for await (const entry of cache.entries()) {
  if (entry.username?.reveal() !== undefined && entry.password?.reveal() !== undefined) revealed++;
}
const result: ColdRead = {
  openMs: opened - begin,
  firstMs: afterFirst - begun,
  firstTier: firstHit?.tier ?? 'none',
  totalMs: end - begun,
  found: [...answers.values()].reduce((sum, n) => sum + n, 0),
  byTier: [...answers].toSorted().map(([tier, n]) => `${n.toLocaleString('en-US')} from ${tier}`),
  opened: revealed,
};
console.log(JSON.stringify(result));
