import { chmodSync, closeSync, lstatSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, type FileGuard, makePrivateFolders, syncFolder, unsafePath } from '@pw/cache-models/tier';

/** SQLite's companions of a database file. */
const COMPANIONS = ['-wal', '-shm', '-journal'] as const;
const OWNER_ONLY = 0o600;

/** Distinguishes a file from another that took its place. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
}

/**
 * Ensures that there is a private file at the path: missing folders are created with mode 0700, the file with 0600
 * whatever the umask (SQLite gives its companions the same), and other users' access to an existing file is removed.
 * Throws a CacheStorageError with code `CACHE_UNSAFE_PATH` if there is a link or anything other than a file, or if the
 * guard refuses it, and the system's error otherwise.
 *
 * Works by path only: if a process opens and closes a database file, it loses the locks that its other connections have
 * on it.
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
    // Exclusive, so that a link planted in this moment is not followed.
    closeSync(openSync(path, 'wx', OWNER_ONLY));
    syncFolder(dirname(path));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const stat = refuseLink(path, tier)!;
  guard.checkLinks(path, 'database', stat);
  if ((stat.mode & 0o077) !== 0) makePrivate(path);
  return { device: stat.dev, inode: stat.ino };
}

/** The file that is at the path now, or undefined. */
export function identify(path: string): FileIdentity | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : { device: stat.dev, inode: stat.ino };
}

export function isSameFile(a: FileIdentity | undefined, b: FileIdentity): boolean {
  return a !== undefined && a.inode === b.inode && a.device === b.device;
}

/**
 * Renames a corrupt file and its companions to `<name>.corrupt-<time>`, and returns the new name. Does nothing if
 * another process did it first.
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
  throw unsafePath({ path, what: 'database', problem: `a ${kind} is at its path; move it away`, tier });
}

function makePrivate(path: string): void {
  try {
    chmodSync(path, OWNER_ONLY);
  } catch (error) {
    // The file belongs to another user, who decides on its mode.
    if (errorCode(error) !== 'EPERM') throw error;
  }
}
