import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@pw/cache-models/tier';
import { isTemporaryName } from './temporary-name.ts';

/** The names in a folder; none if there is no such folder. Throws the system's error. */
export function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Paths of the temporary files in a folder whose names begin with `prefix`. Throws the system's error. */
export function temporaryPaths(folder: string, prefix: string): string[] {
  const names = listNames(folder).filter((name) => name.startsWith(prefix) && isTemporaryName(name));
  return names.map((name) => join(folder, name));
}
