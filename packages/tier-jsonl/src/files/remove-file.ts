import { rmSync } from 'node:fs';
import { errorCode } from './storage-fault.ts';

/** Removes a file that may be gone already. A folder of that name is none of ours, and stays. Throws what the system says. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (errorCode(error) !== 'ERR_FS_EISDIR') throw error;
  }
}
