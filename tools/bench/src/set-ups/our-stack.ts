import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { type CacheManager, openCache } from '@pw/cache-manager';
import { type CacheConfigInput, type CacheEntry, type Clock, entryToRecord, type ProxyRecord } from '@pw/cache-models';
import type { ScenarioContext } from '../run/scenario.ts';

/** The maximum number of entries of each tier; null for no limit. */
export interface StackRoom {
  readonly l1: number | null;
  readonly l2: number | null;
  readonly l3: number | null;
}

/** The three tiers that `openCache` creates, with limits for each. */
export async function openStack(directory: string, room: number | StackRoom, clock?: Clock): Promise<CacheManager> {
  const { l1, l2, l3 } = typeof room === 'number' ? { l1: room, l2: room, l3: room } : room;
  const config: CacheConfigInput = {
    l1Config: { maxEntries: l1 },
    l2Config: { maxEntries: l2 },
    l3Config: { maxEntries: l3 },
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: generateKey(),
  };
  return openCache(config, { clock });
}

/** The three tiers, filled with entries, and closed when the scenario ends. */
export async function openFilledStack(
  { directory, onFinish }: Pick<ScenarioContext, 'directory' | 'onFinish'>,
  entries: readonly CacheEntry[],
): Promise<CacheManager> {
  const cache = await openStack(directory, entries.length);
  onFinish(() => cache.close());
  const stored = await cache.putMany(entries);
  if (stored.includes(false)) throw new Error('not every entry could be stored');
  return cache;
}

/** The record that other caches store for an entry: JSON, with sealed credentials. */
export function recordOf(entry: CacheEntry, cache: CacheManager): ProxyRecord {
  return entryToRecord(entry, cache.cipher);
}

/** A record without the fields that a read may change: the access count and time, and the eviction mark. */
export function steadyPart(record: unknown): Record<string, unknown> | undefined {
  if (record === undefined || record === null) return undefined;
  const { access_count, last_accessed, evicted_from_l1, ...steady } = record as ProxyRecord;
  return steady;
}
