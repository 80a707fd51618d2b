import { CacheCorruptionError, type CredentialCipher, entryToRecord, recordToEntry } from '@pw/cache-models';
import { fateOfTokens, type ResealCounts, sealState } from '@pw/cache-models/tier';
import { NO_RECORD } from '../index/record-id.ts';
import type { JsonlStore } from '../jsonl-store.ts';
import type { RawRecord } from '../lines/raw-record.ts';
import { encodeResealed } from '../lines/record-line.ts';
import { leftovers } from './reseal-leftovers.ts';

/** `stale` becomes `reencrypted` once the new line is written. */
type Fate = 'none' | 'current' | 'stale' | 'unreadable' | 'misplaced' | 'damaged';

/**
 * Attempts. One fails only if the cache itself writes the key first, and that write is sealed with the current key.
 */
const TRIES = 4;

/**
 * Seals credentials again that were not sealed with the current key of the cipher, and yields the counts of each batch
 * once it is written. Then drops the lines with old tokens from the files, and seals the quarantine again in place.
 * Throws a CacheStorageError.
 */
export async function* resealRecords(
  store: JsonlStore,
  cipher: CredentialCipher,
  batchSize: number,
): AsyncGenerator<ResealCounts> {
  const keys = await store.whenSettled(() => {
    store.refreshAll();
    return store.liveKeys();
  });
  for (let at = 0; at < keys.length; at += batchSize) {
    const fates = await Promise.all(keys.slice(at, at + batchSize).map((key) => resealOne(store, cipher, key)));
    const count = (fate: Fate) => fates.filter((other) => other === fate).length;
    const misplaced = count('misplaced');
    const unreadable = count('unreadable') + misplaced;
    yield { reencrypted: count('stale'), alreadyCurrent: count('current'), unreadable, misplaced };
  }
  // An interrupted run may have left older lines.
  for await (const _ of store.compact()) yield NOTHING;
  for await (const inQuarantine of leftovers(store, cipher)) yield { ...NOTHING, inQuarantine };
}

const NOTHING: ResealCounts = Object.freeze({ reencrypted: 0, alreadyCurrent: 0, unreadable: 0 });

async function resealOne(store: JsonlStore, cipher: CredentialCipher, key: string): Promise<Fate> {
  const fate = await resealKey(store, cipher, key);
  // The quarantine is handled later.
  if (fate === 'damaged') await store.whenSettled(() => store.setDamagedAside(key));
  return fate;
}

async function resealKey(store: JsonlStore, cipher: CredentialCipher, key: string): Promise<Fate> {
  let fate: Fate = 'none';
  for (let tries = 0; tries < TRIES; tries++) {
    // Checked without the lock first: most records need none.
    const raw = await store.whenSettled(() => readOrSkip(store, key));
    fate = raw === undefined ? 'none' : fateOf(raw, cipher);
    if (fate !== 'stale') return fate;
    const done = await store.rewrite(key, (found) => {
      fate = fateOf(found, cipher);
      return fate === 'stale' ? sealAgain(found, cipher) : undefined;
    });
    if (done) return fate;
  }
  return fate === 'stale' ? 'none' : fate;
}

/** The record of a key; `undefined` if there is none, or a damaged one, which the store sets aside. */
function readOrSkip(store: JsonlStore, key: string): RawRecord | undefined {
  const id = store.find(key);
  try {
    return id === NO_RECORD ? undefined : store.readRecord(id);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return undefined;
    throw error;
  }
}

function fateOf(raw: RawRecord, cipher: CredentialCipher): Fate {
  try {
    return sealState(recordToEntry(raw, cipher), cipher);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return 'damaged';
    const fate = fateOfTokens(error);
    if (fate !== undefined) return fate;
    throw error;
  }
}

function sealAgain(raw: RawRecord, cipher: CredentialCipher): string {
  return encodeResealed(raw, entryToRecord(recordToEntry(raw, cipher), cipher));
}
