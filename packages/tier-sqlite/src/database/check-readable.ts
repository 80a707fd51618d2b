import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { identify } from './prepare-file.ts';

const CHUNK = 1024 * 1024;
const BEGINNING = Buffer.from('SQLite format 3\0');

/**
 * Bytes of one file that are read at most: the first ones, among them the header and, in all but odd files, every page of the schema, and
 * the last mebibyte, where a file that was cut short, or a disk that is at fault, shows. A constant, as a file may claim any length.
 */
export const MOST_READ = 64 * CHUNK;

/**
 * Reads a database and its log, each as far as {@link MOST_READ}, or the database's beginning alone if that is none. Throws the system's
 * error where that fails: what cannot be read is not to be judged. Returns the number of bytes that were read.
 */
export function checkReadable(path: string): number {
  if (!beginsAsDatabase(path)) return 0;
  return [path, `${path}-wal`].reduce((sum, name) => sum + (identify(name) === undefined ? 0 : readEnds(name)), 0);
}

function readEnds(name: string): number {
  const chunk = Buffer.allocUnsafe(CHUNK);
  const fd = openSync(name, 'r');
  try {
    let bytes = 0;
    for (let got = -1; got !== 0 && bytes < MOST_READ - CHUNK; bytes += got) got = readSync(fd, chunk);
    const end = Math.max(bytes, fstatSync(fd).size - CHUNK);
    return bytes + readSync(fd, chunk, 0, CHUNK, end);
  } finally {
    closeSync(fd);
  }
}

/** However large the file is: one that only looks so is no reason to read on. */
function beginsAsDatabase(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const beginning = Buffer.alloc(BEGINNING.length);
    return readSync(fd, beginning) === 0 || beginning.equals(BEGINNING);
  } finally {
    closeSync(fd);
  }
}
