import { rmSync } from 'node:fs';
import { errorCode } from '@pw/cache-models/tier';

/**
 * Removes a file that may be gone already. A folder of that name is not ours and is left in place. Throws the system's
 * error.
 */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (errorCode(error) !== 'ERR_FS_EISDIR') throw error;
  }
}
