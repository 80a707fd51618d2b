import { hash } from 'node:crypto';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry } from '@pw/cache-models';
import { JsonlCacheTier, type JsonlTierOptions } from '@pw/tier-jsonl';

/** Padding that makes a few hundred records large enough to be compacted. */
const PADDING = ' '.padEnd(700, 'x');

/** How many shards the writers use. */
export const SHARDS = 4;

/** Creates a tier as a program would. Locks of dead processes expire after 2 seconds. */
export function openTier(directory: string, options: Partial<JsonlTierOptions> = {}): JsonlCacheTier {
  return new JsonlCacheTier({ directory, lock: { staleMs: 2000, updateMs: 1000 }, failureThreshold: 1000, ...options });
}

/** An entry that contains the ledger's value of its change. */
export function entryOf(key: string, value: string): CacheEntry {
  return CacheEntry.create({
    key,
    proxyUrl: 'http://192.0.2.1:8080',
    source: value,
    ttlSeconds: 86_400,
    lastHealthError: `${key} ${value}${PADDING}`,
    labels: { value },
  });
}

/** The shard of a key among the writer's four, computed as ProxyWhirl does. */
export function shardName(key: string): string {
  return `shard ${BigInt(`0x${hash('md5', key, 'hex')}`) % BigInt(SHARDS)}`;
}

/** Backdates locks, instead of waiting until they are stale. */
function ageLocks(directory: string): void {
  const long = new Date(Date.now() - 60_000);
  for (const name of readdirSync(directory)) if (name.endsWith('.lock')) utimesSync(join(directory, name), long, long);
}

/** Key and value of every live record; throws if a record contradicts itself. */
export async function valuesIn(tier: JsonlCacheTier): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for await (const { key, source, lastHealthError, labels } of tier.entries()) {
    if (lastHealthError !== `${key} ${source}${PADDING}` || labels['value'] !== source)
      throw new Error('a record contains a value that was never written');
    values.set(key, source);
  }
  return values;
}

/**
 * The contents of a directory after an accident, read twice: as it was left, and again after new records were added to
 * every shard and the directory was reopened. Both must agree, and no line except a torn last one may count as damaged.
 */
export async function surveyJsonl(directory: string): Promise<Map<string, string>> {
  const first = openTier(directory);
  if (existsSync(directory)) ageLocks(directory);
  await first.open();
  const before = await valuesIn(first);
  const fresh = Array.from({ length: 40 }, (_, n) => entryOf(`after-${n}`, 'new'));
  if ((await first.putMany(fresh)).includes(false)) throw new Error('the directory does not store new records');
  await first.close();
  const second = openTier(directory);
  const after = await valuesIn(second);
  const failures = first.failureCount + second.failureCount;
  await second.close();
  for (const { key } of fresh) if (!after.delete(key)) throw new Error('a new record is gone');
  if (JSON.stringify([...after].sort()) !== JSON.stringify([...before].sort()))
    throw new Error('the contents changed when the store was opened again');
  if (failures > 0) throw new Error('the tier failed after the accident');
  return before;
}
