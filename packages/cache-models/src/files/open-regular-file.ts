import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { type ArgumentKind, Kinds, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { errorCode } from '../errors/error-code.ts';
import type { FileGuard } from './file-guard.ts';
import { unsafePath } from './unsafe-path.ts';

// Windows has none of these flags, and no links or pipes that an unprivileged user could create.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

export interface RegularFileOptions {
  /** What belongs at the path, for errors: `"shard"`, `"key file"`. */
  readonly what: string;
  /** Name of the tier, for errors. Default: none. */
  readonly tier?: string | undefined;
  /** Maximum size in bytes; a larger file is refused. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** Checks files with several hard links. Default: they are accepted. */
  readonly guard?: FileGuard | undefined;
}

const FLAGS = wholeNumber(0, 2 ** 31 - 1);
const OPTIONS: Readonly<Record<keyof RegularFileOptions, ArgumentKind>> = Object.freeze({
  what: Kinds.string,
  tier: optional(Kinds.string),
  maxBytes: optional(Kinds.number),
  guard: optional({
    wanted: 'must be a FileGuard',
    isRight: (value: unknown) => typeof (value as Partial<FileGuard> | null)?.checkLinks === 'function',
  }),
});

/** An open regular file. The caller closes `fd`. */
export interface RegularFile {
  readonly fd: number;
  readonly stats: Stats;
}

/**
 * Opens a file and ensures that it is a regular one, without ever blocking: symbolic links are not followed, the other
 * end of a pipe is not awaited, and the opened file is checked by its descriptor, so that it cannot be exchanged
 * between check and use.
 *
 * `flags` are those of `open(2)`; with `O_CREAT` the file gets mode 0600 regardless of the umask. Throws a
 * CacheStorageError with code `CACHE_UNSAFE_PATH` for a link, a folder, a pipe, a socket, a device, or a file larger
 * than `maxBytes`, and otherwise the system's error (such as `ENOENT`). The caller closes the file.
 *
 * @example
 * const { fd, stats } = openRegularFile('cache/pw-cache.json', constants.O_RDONLY, { what: 'layout file', maxBytes:
 * 65_536 });
 */
export function openRegularFile(path: string, flags: number, options: RegularFileOptions): RegularFile {
  checkArgument('path', path, Kinds.path);
  checkArgument('flags', flags, FLAGS);
  checkOptionsObject(options, OPTIONS, { what: 'openRegularFile' });
  const fd = open(path, flags, options);
  try {
    const stats = fstatSync(fd);
    const problem = problemOf(stats, options.maxBytes);
    if (problem !== undefined) throw unsafePath({ path, problem, what: options.what, tier: options.tier });
    options.guard?.checkLinks(path, options.what, stats);
    // The umask must neither open it to others nor close it to its owner.
    if ((flags & constants.O_CREAT) !== 0) closeToOthers(fd, stats);
    return { fd, stats };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function open(path: string, flags: number, options: RegularFileOptions): number {
  // Without the flag that refuses links, they are detected by name.
  if (constants.O_NOFOLLOW === undefined && isLink(path)) throw unsafePath({ path, problem: LINK, ...options });
  try {
    return openSync(path, flags | SAFELY, 0o600);
  } catch (cause) {
    const problem = REFUSALS[errorCode(cause) ?? ''];
    throw problem === undefined ? cause : unsafePath({ path, problem, cause, what: options.what, tier: options.tier });
  }
}

const LINK = 'is a symbolic link, and links are not followed; put the file itself there';
const NO_FILE = 'is a folder, pipe, socket or device; move it away';

/** The system's error codes for paths that are not regular files. */
const REFUSALS: Readonly<Record<string, string | undefined>> = {
  ELOOP: LINK,
  EMLINK: LINK,
  EISDIR: NO_FILE,
  // A socket, or a pipe or device without another end.
  ENXIO: NO_FILE,
  ENODEV: NO_FILE,
  EOPNOTSUPP: NO_FILE,
};

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function problemOf(stats: Stats, maxBytes = Number.POSITIVE_INFINITY): string | undefined {
  if (!stats.isFile()) return NO_FILE;
  if (stats.size <= maxBytes) return undefined;
  return `has ${stats.size} bytes, more than the limit of ${maxBytes}; move it away`;
}

function closeToOthers(fd: number, { mode }: Stats): void {
  if ((mode & 0o777) === 0o600) return;
  try {
    fchmodSync(fd, 0o600);
  } catch (error) {
    // It belongs to another user, who decides on its mode.
    if (errorCode(error) !== 'EPERM') throw error;
  }
}
