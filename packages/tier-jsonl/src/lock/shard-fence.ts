import { closeSync, constants, fstatSync, fsyncSync, lstatSync, readSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { temporaryPaths } from '../files/list-names.ts';
import { openFile } from '../files/open-file.ts';
import { errorCode } from '../files/storage-fault.ts';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import { QUARANTINE } from '../quarantine/quarantine.ts';

const { O_RDONLY } = constants;
const CHUNK = 1024 * 1024;
/** ProxyWhirl, which knows no lock of ours, may replace the file while it is copied. */
const TRIES = 5;

/**
 * Shuts out whoever held the lock of a shard before it was taken over, and may only be stopped. The file is replaced by a copy of itself,
 * so that what was opened before is nobody's file any more: an append, a blank or a cut that is still to come changes nothing. Temporary
 * files go first, so that a rename that is still to come finds nothing to rename.
 *
 * Where there is no file an empty one is made: nobody makes it a second time. Throws what the system says, and then the
 * former holder may still write.
 */
export function fenceShard(path: string): void {
  removeTemporary(path);
  removeTemporary(join(dirname(path), QUARANTINE, basename(path)));
  for (let tries = 0; tries < TRIES; tries++) if (replaceByCopy(path)) return;
  throw Object.assign(new Error('the file changed again and again'), { code: 'EBUSY' });
}

/** Temporary files for a path: of compactions and the like, and folders that were to become its lock. */
function removeTemporary(path: string): void {
  for (const leftover of temporaryPaths(dirname(path), `${basename(path)}.`))
    rmSync(leftover, { recursive: true, force: true });
}

function replaceByCopy(path: string): boolean {
  const source = openIfThere(path);
  const target = new TemporaryFile(path);
  try {
    const before = source === undefined ? undefined : fstatSync(source);
    if (source !== undefined) copy(source, target.fd);
    fsyncSync(target.fd);
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (!isSame(before, now)) return false;
    target.renameTo(path);
    return true;
  } finally {
    target.close();
    if (source !== undefined) closeSync(source);
  }
}

function copy(source: number, target: number): void {
  const bytes = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; ; ) {
    const got = readSync(source, bytes, 0, CHUNK, at);
    if (got === 0) return;
    writeFully(target, bytes.subarray(0, got), at);
    at += got;
  }
}

/** A former holder that writes now need not be waited for: what it writes is not acknowledged. Only another file counts. */
function isSame(before: Stats | undefined, now: Stats | undefined): boolean {
  return before?.ino === now?.ino && before?.birthtimeMs === now?.birthtimeMs;
}

function openIfThere(path: string): number | undefined {
  try {
    return openFile(path, O_RDONLY, 'shard');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
