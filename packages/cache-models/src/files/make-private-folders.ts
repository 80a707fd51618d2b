import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { errorCode } from '../errors/error-code.ts';

/**
 * Creates a folder and its missing parents, each with mode 0700 regardless of the umask. Existing folders are not
 * changed. Throws the system's error. `flush` (default true) flushes each new folder's parent to disk; otherwise a
 * power failure could lose the folder with everything in it.
 *
 * One level at a time, because Node's recursive `mkdir` loops endlessly if the parent exists and the system returns
 * ENOENT all the same, as in `/proc`.
 */
export function makePrivateFolders(path: string, options: { readonly flush?: boolean } = {}): void {
  checkArgument('path', path, Kinds.path);
  checkOptionsObject(options, { flush: optional(Kinds.boolean) }, { what: 'makePrivateFolders' });
  const { flush = true } = options;
  const missing: string[] = [];
  for (let folder = resolve(path); !isThere(folder); folder = dirname(folder)) {
    missing.push(folder);
    if (dirname(folder) === folder) break;
  }
  for (const folder of missing.reverse()) {
    makeFolder(folder);
    if (flush) syncFolder(dirname(folder));
  }
}

/**
 * Flushes a folder to disk: the creation, renaming and removal of files in it then survive a power failure. Does
 * nothing on systems that cannot open or flush folders. Throws the system's error.
 */
export function syncFolder(path: string): void {
  checkArgument('path', path, Kinds.path);
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch (error) {
    // A folder that may be traversed but not read, or a system that cannot open folders.
    if (['EACCES', 'EISDIR', 'EPERM'].includes(errorCode(error) ?? '')) return;
    throw error;
  }
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!['EINVAL', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    closeSync(folder);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    // Another process may have created it first.
    if (errorCode(error) !== 'EEXIST' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
