import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { errorCode } from '../errors/error-code.ts';

/**
 * Makes a folder and the missing ones above it, each with mode 0700 whatever the umask; what is there stays as it is. Throws the system's error.
 * With `flush` (the default) each is flushed into the one above it: else a power cut takes it with all that is in it.
 *
 * One level at a time: Node's recursive `mkdir` tries again for ever where the parent is there and the system answers
 * ENOENT all the same, as `/proc` does.
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

/** Flushes what was made, renamed or removed in a folder. A system that cannot open or flush folders has nothing to flush. */
export function syncFolder(path: string): void {
  checkArgument('path', path, Kinds.path);
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch (error) {
    // A folder that may be passed through and not be read, or a system where folders are no files.
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
    // Another process may have been first.
    if (errorCode(error) !== 'EEXIST' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
