import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { identify } from './prepare-file.ts';

const CHUNK = 1024 * 1024;
const MAGIC = Buffer.from('SQLite format 3\0');

/**
 * Largest number of bytes read of one file: its beginning, which contains the header and, except in unusual files,
 * every page of the schema; and its last mebibyte, which reveals a truncated file or a failing disk. A constant, as a
 * file may claim any length.
 */
export const MAX_BYTES_READ = 64 * CHUNK;

/**
 * Reads a database and its log, each up to {@link MAX_BYTES_READ}, or only the first bytes if the file is not a
 * database. Throws the system's error if that fails: a file that cannot be read must not count as damaged. Returns the
 * number of bytes read.
 */
export function checkReadable(path: string): number {
  if (!hasDatabaseHeader(path)) return 0;
  return [path, `${path}-wal`].reduce((sum, name) => sum + (identify(name) === undefined ? 0 : readEnds(name)), 0);
}

function readEnds(name: string): number {
  const chunk = Buffer.allocUnsafe(CHUNK);
  const fd = openSync(name, 'r');
  try {
    let bytes = 0;
    for (let got = -1; got !== 0 && bytes < MAX_BYTES_READ - CHUNK; bytes += got) got = readSync(fd, chunk);
    const end = Math.max(bytes, fstatSync(fd).size - CHUNK);
    return bytes + readSync(fd, chunk, 0, CHUNK, end);
  } finally {
    closeSync(fd);
  }
}

/** False for a file that is not a database: then nothing more of it is read. */
function hasDatabaseHeader(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const header = Buffer.alloc(MAGIC.length);
    return readSync(fd, header) === 0 || header.equals(MAGIC);
  } finally {
    closeSync(fd);
  }
}
