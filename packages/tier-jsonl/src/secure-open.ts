import { closeSync, constants, fchmodSync, fsyncSync, openSync } from 'node:fs';

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
