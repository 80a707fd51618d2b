import { chmodSync, closeSync, lstatSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { type FileGuard, makePrivateFolders, syncFolder, unsafePath } from '@pw/cache-models';
import { codeOf } from './storage-error.ts';

/** SQLite's companions of a database file. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;
const OWNER_ONLY = 0o600;

/** Tells one file from another that took its place. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/**
 * Makes sure that a private file stands at the path: folders that are missing are made with mode 0700, the file with
 * 0600 whatever the umask (SQLite gives its companions the same), and an existing file that others could read is closed to them.
 * Throws a CacheStorageError with code `CACHE_UNSAFE_PATH` where a link or anything else but a file is in the way or the guard refuses
 * it, and the system's error otherwise.
 *
 * All of it by path: a process that opens a database and closes it again loses the locks that its other connections have on it.
 */
export function prepareFile(path: string, tier: string, guard: FileGuard): FileIdentity {
  makePrivateFolders(dirname(path));
  guard.checkDirectory(dirname(path));
  for (const suffix of COMPANIONS) {
    const companion = refuseLink(`${path}${suffix}`, tier);
    if (companion !== undefined) guard.checkLinks(`${path}${suffix}`, 'companion of the database', companion);
  }
  refuseLink(path, tier);
  try {
    // Exclusive: a link that is planted in this moment is not followed.
    closeSync(openSync(path, 'wx', OWNER_ONLY));
    syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const stat = refuseLink(path, tier)!;
  guard.checkLinks(path, 'database', stat);
  if ((stat.mode & 0o077) !== 0) closeToOthers(path);
  return { device: stat.dev, inode: stat.ino };
}

/** What stands at the path now, or undefined. */
export function identify(path: string): FileIdentity | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : { device: stat.dev, inode: stat.ino };
}

export function isSameFile(a: FileIdentity | undefined, b: FileIdentity): boolean {
  return a !== undefined && a.inode === b.inode && a.device === b.device;
}

/**
 * Renames a file that is no database, with its companions, to `<name>.corrupt-<time>`. Does nothing if another process
 * was first. Returns the new name of the file.
 */
export function setFileAside(path: string, bad: FileIdentity, now: number): string | undefined {
  if (!isSameFile(identify(path), bad)) return undefined;
  const aside = freeName(`${path}.corrupt-${new Date(now).toISOString().replaceAll(':', '-')}`);
  renameSync(path, aside);
  for (const suffix of COMPANIONS) {
    if (identify(`${path}${suffix}`) !== undefined) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  }
  return aside;
}

function freeName(wanted: string): string {
  let name = wanted;
  for (let i = 1; identify(name) !== undefined; i++) name = `${wanted}-${i}`;
  return name;
}

function refuseLink(path: string, tier: string) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile()) return stat;
  const kind = stat.isSymbolicLink() ? 'symbolic link' : 'folder, pipe, socket or device';
  throw unsafePath({ path, what: 'database', problem: `a ${kind} is in the way; move it away`, tier });
}

function closeToOthers(path: string): void {
  try {
    chmodSync(path, OWNER_ONLY);
  } catch (error) {
    // The file belongs to somebody else, who decides on its mode.
    if (codeOf(error) !== 'EPERM') throw error;
  }
}
