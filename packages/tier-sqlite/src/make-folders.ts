import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './storage-error.ts';

/**
 * Makes a folder and the missing ones above it, each with mode 0700 whatever the umask. Throws the system's error.
 *
 * One level at a time: Node's recursive `mkdir` tries again for ever where the parent is there and the system answers
 * ENOENT all the same, as `/proc` does.
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let folder = path; statSync(folder, { throwIfNoEntry: false }) === undefined; folder = dirname(folder)) {
    missing.push(folder);
    if (dirname(folder) === folder) break;
  }
  for (const folder of missing.reverse()) makeFolder(folder);
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
