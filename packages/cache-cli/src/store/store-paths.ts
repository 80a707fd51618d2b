import { accessSync, constants, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../errors/cli-error.ts';
import { describeCode, remedyFor, systemCodeOf } from '../errors/error-text.ts';

export type Backend = 'jsonl' | 'sqlite';

/** The paths of a cache, and which of them exist. */
export interface StorePaths {
  readonly l2CacheDir: string;
  readonly l3DatabasePath: string;
  /** True if any part of the cache exists. */
  readonly exists: boolean;
  /** The existing backends of l2; several if the cache was used with both. */
  readonly backends: readonly Backend[];
}

/**
 * Inspects the directory of a cache. Throws a CliError if something else is in its place, or if access is denied: that
 * must not be reported as a missing cache.
 */
export function inspectStore(dir: string): StorePaths {
  const l2CacheDir = join(dir, 'proxies');
  const l3DatabasePath = join(dir, 'db', 'proxywhirl.db');
  try {
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false) {
      throw new CliError('DIR_UNUSABLE', `${dir} is a file, not a directory: choose another --dir`);
    }
    const [hasL2, hasL3] = [isThere(l2CacheDir), isThere(l3DatabasePath)];
    return { l2CacheDir, l3DatabasePath, exists: hasL2 || hasL3, backends: hasL2 ? backendsIn(l2CacheDir) : [] };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const code = systemCodeOf(error);
    const reason = code === undefined ? '' : `: ${describeCode(code)}`;
    const { path = dir } = error as NodeJS.ErrnoException;
    throw new CliError('DIR_UNUSABLE', `the cache in ${dir} cannot be used: ${path}${reason}: ${remedyFor(code)}`);
  }
}

function isThere(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() !== true) {
    // Check access here, because SQLite would only report that it cannot open the file.
    if (found !== undefined) accessSync(path, constants.R_OK);
    return found !== undefined;
  }
  throw new CliError(
    'DIR_UNUSABLE',
    `${path} is a symbolic link, which a cache does not follow: remove it, or choose another --dir`,
  );
}

function backendsIn(directory: string): Backend[] {
  const names = readdirSync(directory);
  const backends: Backend[] = [];
  if (names.includes('l2_cache.db')) backends.push('sqlite');
  if (names.some((name) => /^shard_.*\.jsonl$/.test(name))) backends.push('jsonl');
  return backends;
}
