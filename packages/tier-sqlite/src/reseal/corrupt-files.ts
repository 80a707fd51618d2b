import { closeSync, constants, readdirSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CacheErrorCode, openRegularFile } from '@pw/cache-models';
import { codeOf } from '../database/storage-error.ts';

const CHUNK = 1024 * 1024;
/** How every Fernet token begins, and the same in hex. */
const BEGINNINGS = [Buffer.from('gAAAAA'), Buffer.from('674141414141')] as const;
const OVERLAP = 11;
const COMPANION = /-(wal|shm|journal)$/;

/**
 * Counts the tokens in the files that were set aside because they are no databases: one at least a database, as damage may hide
 * what it holds. A step reads a piece; the file is never held in memory, and its size is no matter. Throws the system's error.
 */
export function* tokensInFilesAside(path: string): Generator<number> {
  const beginning = `${basename(path)}.corrupt-`;
  for (const name of readdirSync(dirname(path)).sort()) {
    if (!name.startsWith(beginning)) continue;
    let count = 0;
    let isEmpty = true;
    for (const found of tokensIn(join(dirname(path), name))) {
      isEmpty = false;
      count += found;
      yield found;
    }
    if (!isEmpty && count === 0 && !COMPANION.test(name)) yield 1;
  }
}

/** What each piece of a file holds; nothing for what is not a regular file. */
function* tokensIn(path: string): Generator<number> {
  const fd = openPlainly(path);
  if (fd === undefined) return;
  try {
    const bytes = Buffer.alloc(OVERLAP + CHUNK);
    let kept = 0;
    for (let got = readSync(fd, bytes, kept, CHUNK, null); got > 0; got = readSync(fd, bytes, kept, CHUNK, null)) {
      const end = kept + got;
      yield BEGINNINGS.reduce((sum, beginning) => sum + countIn(bytes, beginning, kept, end), 0);
      kept = Math.min(OVERLAP, end);
      bytes.copyWithin(0, end - kept, end);
    }
  } finally {
    closeSync(fd);
  }
}

/** Those that end after the first `from` bytes: the ones before that were counted. */
function countIn(bytes: Buffer, beginning: Buffer, from: number, end: number): number {
  const part = bytes.subarray(0, end);
  let count = 0;
  let at = part.indexOf(beginning, Math.max(0, from - beginning.length + 1));
  for (; at >= 0; at = part.indexOf(beginning, at + beginning.length)) count++;
  return count;
}

/** `undefined` for what is no regular file, or has gone meanwhile. */
function openPlainly(path: string): number | undefined {
  try {
    return openRegularFile(path, constants.O_RDONLY, { what: 'file set aside' }).fd;
  } catch (error) {
    if (codeOf(error) === CacheErrorCode.UNSAFE_PATH || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
