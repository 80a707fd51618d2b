import {
  CacheCorruptionError,
  type CacheEntry,
  CacheError,
  CacheErrorCode,
  type CredentialCipher,
  type ResealCounts,
  sealState,
} from '@pw/cache-models';
import type { RedisStore } from './redis-store.ts';
import { SWAP } from './scripts.ts';
import { decodeRecord, encodeRecord, type Stamps } from './stored-record.ts';

/** See `CacheTier.reseal`: a record is replaced only if it is still the one that was read. */
export async function* resealPages(
  store: RedisStore,
  cipher: CredentialCipher,
  stamps: Stamps,
  batchSize: number,
): AsyncGenerator<ResealCounts> {
  for await (const page of store.keys()) {
    for (let at = 0; at < page.length; at += batchSize)
      yield await resealBatch(store, cipher, stamps, page.slice(at, at + batchSize));
  }
}

async function resealBatch(
  store: RedisStore,
  cipher: CredentialCipher,
  stamps: Stamps,
  keys: readonly string[],
): Promise<ResealCounts> {
  const counts = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0 };
  const swaps: Promise<unknown>[] = [];
  for (const [at, [record, access]] of (await store.read(keys)).entries()) {
    if (record === null) continue;
    const entry = decode(keys[at]!, record, access, cipher);
    if (entry === 'unreadable') counts.unreadable++;
    if (typeof entry !== 'object') continue;
    const state = sealState(entry, cipher);
    if (state === 'current') counts.alreadyCurrent++;
    if (state !== 'stale') continue;
    const swap = store.run(
      SWAP,
      [store.names.name('e', entry.key)],
      [record, encodeRecord(entry, cipher, stamps.next())],
    );
    swaps.push(swap);
  }
  for (const done of await Promise.all(swaps)) counts.reencrypted += Number(done);
  return counts;
}

/** A damaged record is left for the read that sets it aside. */
function decode(
  key: string,
  record: string,
  access: string | null,
  cipher: CredentialCipher,
): CacheEntry | 'unreadable' | undefined {
  try {
    return decodeRecord(key, record, access, cipher);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return undefined;
    if (error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE) return 'unreadable';
    throw error;
  }
}
