import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CacheCorruptionError, type CredentialCipher } from '@pw/cache-models';
import { mayHoldToken } from '@pw/cache-models/tier';
import { removeFile } from '../files/remove-file.ts';
import { storageFault } from '../files/storage-fault.ts';
import type { JsonlStore } from '../jsonl-store.ts';
import { listDirectory } from '../layout/list-directory.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { resealQuarantine, tokenLinesIn } from './reseal-quarantine.ts';

/** A longer line is not read: no record is that long, and it may contain anything. */
const MAX_LINE = 256 * 1024;
/** Lines before the event loop gets a turn. */
const SLICE = 100;

/**
 * Handles everything in a directory besides the records: temporary files of a crash, foreign lines, the quarantine.
 * Yields the number of lines of each that may contain a token that could not be sealed again. Throws a
 * CacheStorageError.
 */
export async function* leftovers(store: JsonlStore, cipher: CredentialCipher): AsyncGenerator<number> {
  try {
    yield* temporaryFiles(store, cipher);
    for (const { ranges, read } of store.foreignLines()) yield await foreignWithToken(ranges, read);
    yield* resealQuarantine(store.directory, cipher, (shard, work) => store.runExclusive(shard, work));
  } catch (error) {
    throw storageFault('seal the quarantine again', error);
  }
}

/**
 * Removes our own temporary files: no process is writing them, since that needs the lock, which we hold. Those of
 * ProxyWhirl may be in use, and are only inspected.
 */
async function* temporaryFiles(store: JsonlStore, cipher: CredentialCipher): AsyncGenerator<number> {
  const { temporary, others } = listDirectory(store.directory);
  for (const { shard, path } of temporary) await store.runExclusive(shard, async () => removeFile(path));
  for (const name of others) yield await tokenLinesIn(join(store.directory, name), cipher);
}

async function foreignWithToken(ranges: Iterable<ByteRange>, read: (range: ByteRange) => Buffer): Promise<number> {
  let count = 0;
  let at = 0;
  for (const range of ranges) {
    if (at++ % SLICE === SLICE - 1) await nextTurn();
    if (range.length > MAX_LINE || mayHoldToken(readOrNothing(read, range))) count++;
  }
  return count;
}

/** The file may have been replaced by a shorter one. */
function readOrNothing(read: (range: ByteRange) => Buffer, range: ByteRange): Buffer {
  try {
    return read(range);
  } catch (error) {
    if (error instanceof CacheCorruptionError) return Buffer.alloc(0);
    throw error;
  }
}
