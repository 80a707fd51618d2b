import { openRegularFile } from '@pw/cache-models/tier';

/**
 * Opens a file of the directory, which must be a regular file; see `openRegularFile`. `what` names it in the error.
 */
export function openFile(path: string, flags: number, what = 'file'): number {
  return openRegularFile(path, flags, { what, tier: 'JSONL tier' }).fd;
}
