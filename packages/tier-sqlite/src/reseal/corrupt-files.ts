import { closeSync, constants, readdirSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CacheErrorCode } from '@pw/cache-models';
import { errorCode, openRegularFile } from '@pw/cache-models/tier';

const CHUNK = 1024 * 1024;
/** The beginning of every Fernet token, and the same in hex. */
const PREFIXES = [Buffer.from('gAAAAA'), Buffer.from('674141414141')] as const;
const OVERLAP = 11;
const COMPANION = /-(wal|shm|journal)$/;

/**
 * Counts tokens in the files that were set aside as corrupt: at least one per database, as damage may hide tokens. Each
 * step reads one chunk, so a file may have any size. Throws the system's error.
 */
export function* tokensInCorruptFiles(path: string): Generator<number> {
  const beginning = `${basename(path)}.corrupt-`;
  for (const name of readdirSync(dirname(path)).sort()) {
    if (!name.startsWith(beginning)) continue;
    let count = 0;
    let isEmpty = true;
    for (const found of countTokens(join(dirname(path), name))) {
      isEmpty = false;
      count += found;
      yield found;
    }
    if (!isEmpty && count === 0 && !COMPANION.test(name)) yield 1;
  }
}

/** The number of tokens in each chunk of a file; nothing for anything other than a regular file. */
function* countTokens(path: string): Generator<number> {
  const fd = openIfRegular(path);
  if (fd === undefined) return;
  try {
    const bytes = Buffer.alloc(OVERLAP + CHUNK);
    let kept = 0;
    for (let got = readSync(fd, bytes, kept, CHUNK, null); got > 0; got = readSync(fd, bytes, kept, CHUNK, null)) {
      const end = kept + got;
      yield PREFIXES.reduce((sum, prefix) => sum + countIn(bytes, prefix, kept, end), 0);
      kept = Math.min(OVERLAP, end);
      bytes.copyWithin(0, end - kept, end);
    }
  } finally {
    closeSync(fd);
  }
}

/** Counts prefixes that end after the first `from` bytes: those before were counted with the previous chunk. */
function countIn(bytes: Buffer, prefix: Buffer, from: number, end: number): number {
  const part = bytes.subarray(0, end);
  let count = 0;
  let at = part.indexOf(prefix, Math.max(0, from - prefix.length + 1));
  for (; at >= 0; at = part.indexOf(prefix, at + prefix.length)) count++;
  return count;
}

/** `undefined` if it is not a regular file, or is gone. */
function openIfRegular(path: string): number | undefined {
  try {
    return openRegularFile(path, constants.O_RDONLY, { what: 'file set aside' }).fd;
  } catch (error) {
    if (errorCode(error) === CacheErrorCode.UNSAFE_PATH || errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
