import { closeSync, constants, fchmodSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

// Windows has no symbolic links that a user without privileges could plant, and no such flag.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** Opens a file without following a symbolic link; a new one gets mode 0600 whatever the umask. */
export function openSecurely(path: string, flags: number): number {
  const fd = openSync(path, flags | NO_FOLLOW, 0o600);
  if ((flags & constants.O_CREAT) === 0) return fd;
  try {
    fchmodSync(fd, 0o600);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Makes renames and new files in a directory survive a power cut; a system that cannot flush one needs none. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The nearest folder above a path that is there already: flushing has to begin there once the path is made. */
export function nearestFolder(path: string): string {
  const parent = dirname(resolve(path));
  return statSync(parent, { throwIfNoEntry: false }) === undefined ? nearestFolder(parent) : parent;
}

/** Makes a folder and those above it, up to `top`, survive a power cut. */
export function syncFoldersAbove(path: string, top: string): void {
  const parent = dirname(resolve(path));
  syncDirectory(parent);
  if (parent !== top && parent !== dirname(parent)) syncFoldersAbove(parent, top);
}
