import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CacheConfigError } from '@pw/cache-models';

/** The paths of a cache's files. */
export interface CachePlaces {
  /**
   * Folders of the cache: a key file must not be anywhere inside them.
   *
   * @default none
   */
  readonly directories?: readonly string[] | undefined;
  /**
   * Single files of the cache: a key file must not be in the same folder.
   *
   * @default none
   */
  readonly files?: readonly string[] | undefined;
}

/**
 * Refuses a key file among the files that it protects, because a copy or backup of those would include the key.
 * Symbolic links in the paths are resolved first. Throws a CacheConfigError.
 */
export function checkKeyFilePlace(keyFile: string, { directories = [], files = [] }: CachePlaces): void {
  const folder = dirname(realPath(keyFile));
  const isInside = directories.some((directory) => contains(realFolder(resolve(directory)), folder));
  const isBeside = files.some((file) => dirname(realPath(file)) === folder);
  if (!isInside && !isBeside) return;
  const message =
    'must not be among the files of the cache, because a copy of them would include the key; use a path outside';
  throw new CacheConfigError(`keyFile: ${message}`, { problems: [{ path: 'keyFile', message }] });
}

function contains(directory: string, folder: string): boolean {
  const way = relative(directory, folder);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The path with links resolved, as far as it exists; the last part itself is not resolved. */
function realPath(path: string): string {
  const absolute = resolve(path);
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(realFolder(parent), basename(absolute));
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // It does not exist yet, but a parent may be a link.
    return dirname(folder) === folder ? folder : join(realFolder(dirname(folder)), basename(folder));
  }
}
