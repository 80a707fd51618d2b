import { closeSync, constants, fstatSync, fsyncSync, lstatSync, readSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '@pw/cache-models/tier';
import { temporaryPaths } from '../files/list-names.ts';
import { openFile } from '../files/open-file.ts';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import { markFileName } from '../marks/mark-file.ts';
import { QUARANTINE } from '../quarantine/quarantine.ts';

const { O_RDONLY } = constants;
const CHUNK = 1024 * 1024;
/** Attempts; ProxyWhirl, which ignores our lock, may replace the file while it is copied. */
const TRIES = 5;

/**
 * Shuts out the former holder of a lock that was taken over: it may merely be stopped, and continue later. The shard is
 * replaced by a copy of itself, so that the file the former holder has open is no longer the shard: a late append,
 * overwrite or cut has no effect. Temporary files are removed first, so that a late rename finds nothing to rename.
 *
 * If there is no shard file, an empty one is created, so that the former holder cannot create it later. The file of its
 * marks, which is created by a rename only, is replaced if it exists. Throws the system's error; then the former holder
 * may still write.
 */
export function fenceShard(path: string): void {
  removeTemporary(path);
  removeTemporary(join(dirname(path), QUARANTINE, basename(path)));
  // The marks first: the shard is replaced only if they are out of reach as well.
  replaceWithTries(markFileName(path), true);
  replaceWithTries(path, false);
}

/** `isOptional`: a file that is missing stays missing. */
function replaceWithTries(path: string, isOptional: boolean): void {
  for (let tries = 0; tries < TRIES; tries++) if (replaceByCopy(path, isOptional)) return;
  throw Object.assign(new Error('the file kept changing'), { code: 'EBUSY' });
}

/**
 * Removes the temporary files of a path, such as those of compactions, and folders that were meant to become its lock.
 */
function removeTemporary(path: string): void {
  for (const leftover of temporaryPaths(dirname(path), `${basename(path)}.`))
    rmSync(leftover, { recursive: true, force: true });
}

function replaceByCopy(path: string, isOptional: boolean): boolean {
  const source = openIfThere(path);
  if (source === undefined && isOptional) return true;
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

/** Only the identity of the file matters: a write of the former holder during the copy is never acknowledged. */
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
