import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openFile } from '../files/open-file.ts';
import { QUARANTINE } from '../quarantine/quarantine.ts';
import { errorCode } from '../files/storage-fault.ts';
import { isTemporaryName, temporaryName } from '../files/temporary-name.ts';
import { writeFully } from '../files/write-fully.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;
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
  const folder = dirname(path);
  const isFor = (name: string) => name.startsWith(`${basename(path)}.`) && isTemporaryName(name);
  for (const name of namesIn(folder)) if (isFor(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

function replaceByCopy(path: string): boolean {
  const source = openIfThere(path);
  const temporary = temporaryName(path);
  const target = openFile(temporary, O_WRONLY | O_CREAT | O_EXCL);
  try {
    const before = source === undefined ? undefined : fstatSync(source);
    if (source !== undefined) copy(source, target);
    fsyncSync(target);
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (!isSame(before, now)) return false;
    renameSync(temporary, path);
    return true;
  } finally {
    closeSync(target);
    if (source !== undefined) closeSync(source);
    rmSync(temporary, { force: true });
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
