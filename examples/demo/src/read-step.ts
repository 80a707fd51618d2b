import type { CacheLookup, CacheManager } from '@pw/cache-manager';
import { generateCacheKey } from '@pw/cache-models';
import { check, count, heading, line, milliseconds, table } from './screen.ts';
import { splitBySecondTier } from './split-by-second-tier.ts';
import { httpProxies } from './workspace.ts';

interface TimedHit {
  readonly hit: CacheLookup;
  readonly ms: number;
}

/** Follows one proxy through the tiers, then reads them all. */
export async function readThroughTiers(cache: CacheManager): Promise<void> {
  heading(
    'Read',
    'In a new process, memory (l1, 1,000 entries) is empty; files (l2, 5,000) and SQLite (l3, all) contain the import.',
  );
  const urls = httpProxies();
  await followOne(cache, urls);
  await readAll(cache, urls);
}

async function followOne(cache: CacheManager, urls: readonly string[]): Promise<void> {
  const { inside, outside } = await splitBySecondTier(cache, urls);
  const url = outside[0]!;
  const first = await timedLookup(cache, url);
  const second = await timedLookup(cache, url);
  for (const other of inside.slice(-1000)) await cache.get(generateCacheKey(other));
  const third = await timedLookup(cache, url);
  line(`One proxy, ${url}, read three times:`);
  table(
    ['  when', 'found in', 'time'],
    [
      ['  first: l2 has no room for it', first.hit.tier, milliseconds(first.ms)],
      ['  immediately afterwards', second.hit.tier, milliseconds(second.ms)],
      ['  after 1,000 others displaced it from memory', third.hit.tier, milliseconds(third.ms)],
    ],
  );
  const path = [first, second, third].map(({ hit }) => hit.tier).join(', ');
  check(path === 'l3, l1, l2', `it came from ${path}: each hit was copied into the tiers above`);
}

async function readAll(cache: CacheManager, urls: readonly string[]): Promise<void> {
  line();
  line(`All ${count(urls.length)} proxies of http.txt, then the last 1,000 again:`);
  const { inside, outside } = await splitBySecondTier(cache, urls);
  const order = [...inside, ...outside];
  const reads: TimedHit[] = [];
  for (const url of [...order, ...order.slice(-1000)]) reads.push(await timedLookup(cache, url));
  const names = cache.tiers.map(({ name }) => name);
  const byTier = names.map((name) => reads.filter(({ hit }) => hit.tier === name).map(({ ms }) => ms));
  table(
    ['  tier', 'hits', 'median', '99th percentile'],
    names.map((name, i) => [`  ${name}`, count(byTier[i]!.length), ...[0.5, 0.99].map((q) => quantile(byTier[i]!, q))]),
  );
  check(
    byTier.every((times) => times.length > 0) && reads.length === urls.length + 1000,
    `all ${count(urls.length)} were found, and every tier served some of them`,
  );
}

async function timedLookup(cache: CacheManager, url: string): Promise<TimedHit> {
  const key = generateCacheKey(url);
  const start = performance.now();
  const hit = await cache.lookup(key);
  const ms = performance.now() - start;
  if (hit?.entry.proxyUrl !== url) throw new Error(`the cache does not contain ${url}`);
  return { hit, ms };
}

function quantile(times: readonly number[], part: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return value === undefined ? '-' : milliseconds(value);
}
