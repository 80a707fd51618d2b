import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './storage-error.ts';

/**
 * Makes a folder and the missing ones above it, each with mode 0700 whatever the umask. Throws the system's error.
 *
 * One level at a time: Node's recursive `mkdir` tries again for ever where the parent is there and the system answers
 * ENOENT all the same, as `/proc` does. Each is flushed into the one above it: else a power cut takes it with all that is in it.
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let folder = path; statSync(folder, { throwIfNoEntry: false }) === undefined; folder = dirname(folder)) {
    missing.push(folder);
    if (dirname(folder) === folder) break;
  }
  for (const folder of missing.reverse()) {
    makeFolder(folder);
    syncFolder(dirname(folder));
  }
}

/** Flushes what was made or renamed in a folder. A system that cannot open or flush folders has nothing to flush. */
export function syncFolder(path: string): void {
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch (error) {
    // A folder that may be passed through and not be read, or a system where folders are no files.
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'EISDIR' || codeOf(error) === 'EPERM') return;
    throw error;
  }
  try {
    fsyncSync(folder);
  } catch (error) {
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'EPERM') throw error;
  } finally {
    closeSync(folder);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    // Another process may have been first.
    if (codeOf(error) !== 'EEXIST' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
