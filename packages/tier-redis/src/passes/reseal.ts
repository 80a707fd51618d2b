import { CacheCorruptionError, type CacheEntry, type CredentialCipher } from '@pw/cache-models';
import { fateOfTokens, type ResealCounts, resealText, sealState } from '@pw/cache-models/tier';
import type { RedisStore } from '../records/redis-store.ts';
import { SWAP } from '../records/scripts.ts';
import { decodeRecord, encodeRecord, type Stamps } from '../records/stored-record.ts';
import { type Stored, UNFIT, wholeNumber } from '../replies/reply-parsers.ts';
import type { Pass } from './pass.ts';

/** What re-encryption needs from its tier. */
export interface ResealParts {
  readonly store: RedisStore;
  readonly pass: Pass;
  readonly cipher: CredentialCipher;
  readonly stamps: Stamps;
  /** Quarantines a damaged record, and counts it. */
  readonly quarantine: (key: string, record: Stored) => Promise<void>;
}

const NOTHING: ResealCounts = Object.freeze({ reencrypted: 0, alreadyCurrent: 0, unreadable: 0 });

/** See `CacheTier.reseal`. A record is replaced only if it has not changed since it was read. */
export async function* resealPages(parts: ResealParts, batchSize: number): AsyncGenerator<ResealCounts> {
  const { store, pass } = parts;
  for await (const page of store.keys(pass)) {
    for (let at = 0; at < page.length; at += batchSize) {
      const keys = page.slice(at, at + batchSize);
      yield await pass.step(() => resealBatch(parts, keys));
    }
  }
  for await (const names of store.namesOnce('q', pass)) {
    for (let at = 0; at < names.length; at += batchSize) {
      const batch = names.slice(at, at + batchSize);
      const left = await pass.step(() => Promise.all(batch.map((name) => resealQuarantined(parts, name))));
      yield { ...NOTHING, inQuarantine: left.filter(Boolean).length };
    }
  }
}

async function resealBatch(parts: ResealParts, keys: readonly string[]): Promise<ResealCounts> {
  const { store, cipher, stamps, quarantine } = parts;
  const counts = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, misplaced: 0 };
  const swaps: Promise<number>[] = [];
  for (const [at, [record, access]] of (await store.getMany(keys)).entries()) {
    if (record === null) continue;
    const entry = decode(keys[at]!, record, access, cipher);
    if (entry === 'unreadable' || entry === 'misplaced') counts.unreadable++;
    if (entry === 'misplaced') counts.misplaced++;
    // Quarantined records are processed after all others.
    if (entry === 'damaged') await quarantine(keys[at]!, record);
    if (typeof entry !== 'object') continue;
    const state = sealState(entry, cipher);
    if (state === 'current') counts.alreadyCurrent++;
    if (state !== 'stale') continue;
    const swap = store.run(
      SWAP,
      [store.names.name('e', entry.key)],
      [record as string, encodeRecord(entry, cipher, stamps.next())],
      wholeNumber,
    );
    swaps.push(swap);
  }
  for (const done of await Promise.all(swaps)) counts.reencrypted += done;
  return counts;
}

/**
 * Re-seals a quarantined record in place. Returns true if it contains, or may contain, a token that could not be
 * re-sealed.
 */
async function resealQuarantined({ store, cipher }: ResealParts, name: string): Promise<boolean> {
  const [[record] = [null]] = await store.readNames([name, name]);
  if (record === null) return false;
  if (record === UNFIT) return true;
  const { bytes, isLeft } = resealText(Buffer.from(record), cipher);
  if (bytes === undefined) return isLeft;
  // A record that is not UTF-8 was decoded lossily, so it does not compare equal and is not replaced.
  const isReplaced = (await store.run(SWAP, [name], [record, bytes.toString()], wholeNumber)) === 1;
  return isLeft || !isReplaced;
}

function decode(
  key: string,
  record: Stored,
  access: string | null,
  cipher: CredentialCipher,
): CacheEntry | 'unreadable' | 'misplaced' | 'damaged' {
  try {
    return decodeRecord(key, record, access, cipher);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return 'damaged';
    const fate = fateOfTokens(error);
    if (fate !== undefined) return fate;
    throw error;
  }
}
