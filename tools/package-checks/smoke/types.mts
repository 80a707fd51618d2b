import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager, openCache } from '@pw/cache-manager';
import {
  type CacheConfigInput,
  CacheEntry,
  CacheError,
  type CacheTier,
  type CredentialCipher,
  HealthStatus,
  type Secret,
} from '@pw/cache-models';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { MemoryCacheTier } from '@pw/tier-memory';
import { DiskCacheTier, SqliteCacheTier } from '@pw/tier-sqlite';

// Compiled, never run: each line uses a type that users rely on.
const config: CacheConfigInput = { l1Config: { maxEntries: 10 }, l2Backend: 'sqlite' };
const cipher: CredentialCipher = new CredentialEncryptor({ key: generateKey() });
const memory = new MemoryCacheTier({ maxEntries: 10, cipher });
const answer: CacheEntry | undefined = memory.get('key');
const password: Secret | null | undefined = answer?.password;
const tiers: readonly CacheTier[] = [
  memory,
  new JsonlCacheTier({ cipher, directory: 'folder' }),
  new DiskCacheTier({ cipher, directory: 'folder' }),
  new SqliteCacheTier({ cipher, path: 'file.db' }),
];

export async function program(): Promise<string> {
  await using cache = await CacheManager.open({ tiers, cipher });
  const entry = CacheEntry.create({ proxyUrl: 'http://proxy.example:8080', healthStatus: HealthStatus.HEALTHY });
  const stored: boolean = await cache.put(entry.key, entry);
  const found: CacheEntry | undefined = await cache.get(entry.key);
  const other: CacheManager = await openCache(config);
  await other.close();
  return `${stored} ${found?.expiresAt.toFixed()} ${password?.reveal()}`;
}

export function codeOf(error: unknown): string | undefined {
  // @ts-expect-error A misspelt member is an error at compile time too.
  const misspelt: CacheConfigInput = { l1Confg: {} };
  return error instanceof CacheError ? `${error.code} ${String(misspelt)}` : undefined;
}
