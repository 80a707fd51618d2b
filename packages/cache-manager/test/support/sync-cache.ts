import { join } from 'node:path';
import { CredentialEncryptor } from '@pw/cache-crypto';
import { CacheEntry, type CacheEntryInput, type TierFactory } from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { CacheManager, type CacheManagerOptions } from '../../src/index.ts';

/** The lowest tier of a cache: SQLite finds a source by its index, JSONL by a scan of all entries. */
export const LOWEST = ['sqlite', 'jsonl'] as const;
export type Lowest = (typeof LOWEST)[number];

/** A cache of memory and files in a folder, always with the same encryption key. */
export function openSyncCache(
  folder: string,
  lowest: Lowest,
  options: Partial<CacheManagerOptions> = {},
): Promise<CacheManager> {
  const cipher = new CredentialEncryptor({ key: `${Buffer.alloc(32, 7).toString('base64url')}=` });
  const files: TierFactory = (context) =>
    lowest === 'sqlite'
      ? new SqliteCacheTier({ ...context, path: join(folder, 'l3.db') })
      : new JsonlCacheTier({ ...context, directory: join(folder, 'l3') });
  const memory: TierFactory = (context) => new MemoryCacheTier({ maxEntries: 5, ...context });
  return CacheManager.open({ tiers: [memory, files], cipher, ...options });
}

export const urlOf = (n: number): string => `http://10.0.${n >> 8}.${n & 255}:80`;
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

export async function putAll(
  cache: CacheManager,
  source: string,
  numbers: readonly number[],
  input: Partial<CacheEntryInput> = {},
) {
  await cache.putMany(numbers.map((n) => CacheEntry.create({ proxyUrl: urlOf(n), source, ...input }, cache.clock)));
}

/** The sorted URLs of a source's entries, found by a scan of all entries. */
export async function urlsOf(cache: CacheManager, source: string): Promise<string[]> {
  const urls: string[] = [];
  for await (const entry of cache.entries()) if (entry.source === source) urls.push(entry.proxyUrl);
  return urls.sort();
}

export const sorted = (numbers: readonly number[]): string[] => numbers.map(urlOf).sort();
