import type { Stats } from 'node:fs';

/** Thrown for a path that exists but cannot be read as a file. The message names the kind of file, never the path. */
export class UnfitFile extends Error {}

/**
 * Throws an UnfitFile for a directory, a socket or a device: reading one fails late, never ends, or has side effects.
 */
export function checkFileKind(found: Stats, isTerminal: boolean): void {
  if (found.isFile() || found.isFIFO() || isTerminal) return;
  throw new UnfitFile(found.isDirectory() ? 'it is a directory (EISDIR)' : `it is a ${kindOf(found)}, ${WANTED}`);
}

const WANTED = 'not a regular file or a pipe';

function kindOf(found: Stats): string {
  return found.isSocket() ? 'socket' : 'device';
}
