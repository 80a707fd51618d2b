import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CacheConfigError } from '@pw/cache-models';

/** Where a cache keeps its files. */
export interface CachePlaces {
  /** Folders that are the cache's: a key file may not be anywhere in them. */
  readonly directories?: readonly string[] | undefined;
  /** Single files of the cache: a key file may not be in the same folder. */
  readonly files?: readonly string[] | undefined;
}

/**
 * Refuses a key file among the files that it protects: whoever copies or backs up the one would take the other along.
 * Links in the way are followed first. Throws a CacheConfigError.
 */
export function checkKeyFilePlace(keyFile: string, { directories = [], files = [] }: CachePlaces): void {
  const folder = dirname(realPath(keyFile));
  const isInside = directories.some((directory) => contains(realFolder(resolve(directory)), folder));
  const isBeside = files.some((file) => dirname(realPath(file)) === folder);
  if (!isInside && !isBeside) return;
  const message = 'must not be among the files of the cache: whoever copies them would have the key too';
  throw new CacheConfigError(`keyFile: ${message}`, { problems: [{ path: 'keyFile', message }] });
}

function contains(directory: string, folder: string): boolean {
  const way = relative(directory, folder);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The path without links, as far as it exists; the last part itself is not followed. */
function realPath(path: string): string {
  const absolute = resolve(path);
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(realFolder(parent), basename(absolute));
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // Not there yet: what is above it may be a link still.
    return dirname(folder) === folder ? folder : join(realFolder(dirname(folder)), basename(folder));
  }
}
