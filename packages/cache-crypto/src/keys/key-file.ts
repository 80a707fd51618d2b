import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CacheConfigError, CacheError, CacheErrorCode, CacheStorageError } from '@pw/cache-models';
import { errorCode, type FileGuard, makePrivateFolders, openRegularFile, syncFolder } from '@pw/cache-models/tier';
import { FernetKey } from '../fernet/fernet-key.ts';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;
// Windows does not have it.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
/** Maximum number of bytes that are read: a longer file does not contain a key. */
const LONGEST = 256;
const WHAT = 'key file';

/** The key in a file; `undefined` if the file does not exist. Throws as {@link makeKeyFile} does. */
export function readKeyFile(path: string, guard?: FileGuard): FernetKey | undefined {
  const fd = openIfThere(path, guard);
  if (fd === undefined) return undefined;
  try {
    const text = Buffer.alloc(LONGEST + 1);
    const length = readSync(fd, text, 0, text.length, 0);
    const key = text.toString('latin1', 0, length).trim();
    text.fill(0);
    return FernetKey.parse(key, `Invalid Fernet key in the key file ${path}`);
  } finally {
    closeSync(fd);
  }
}

/**
 * The key in a file, which is created with a new key if it does not exist. Any number of processes that call this
 * concurrently get the same key: the file is written under another name (mode 0600) and then linked into place, which
 * succeeds only for the first.
 *
 * Throws a CacheConfigError for a symbolic link, for something other than a file, for a file that others may read, and
 * for whatever the guard refuses; a CacheError with code `CACHE_KEY_INVALID` for a file without a key; a
 * CacheStorageError for an error of the system. None of them shows the key.
 */
export function makeKeyFile(path: string, guard?: FileGuard): FernetKey {
  const found = readKeyFile(path, guard);
  if (found !== undefined) return found;
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  attempt(path, 'created', () => makePrivateFolders(dirname(path)));
  checkFolder(path, guard);
  attempt(path, 'created', () => {
    try {
      writeWhole(temporary, `${FernetKey.generate().text}\n`);
      linkUnlessThere(temporary, path);
    } finally {
      rmSync(temporary, { force: true });
    }
    // The key must survive a power failure, or everything that it has sealed is lost.
    syncFolder(dirname(path));
  });
  const key = readKeyFile(path, guard);
  if (key !== undefined) return key;
  throw new CacheStorageError(`key file ${path}: another process removed it right after it was created; try again`);
}

function openIfThere(path: string, guard: FileGuard | undefined): number | undefined {
  try {
    const { fd, stats } = openRegularFile(path, O_RDONLY, { what: WHAT, guard });
    try {
      checkFolder(path, guard);
      checkMode(path, stats);
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return openIfMadeMeanwhile(path, guard);
    if (code === CacheErrorCode.UNSAFE_PATH) throw refusedBy(error as CacheError);
    if (error instanceof CacheError) throw error;
    throw new CacheStorageError(`key file ${path}: cannot be read (${code})`, { cause: error });
  }
}

/**
 * A dangling link is reported as "not found" on systems without O_NOFOLLOW; and another process may have created the
 * file in the meantime.
 */
function openIfMadeMeanwhile(path: string, guard: FileGuard | undefined): number | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isSymbolicLink()) throw refused(path, 'is a symbolic link, and links are not followed');
  return openIfThere(path, guard);
}

/** Called before a key is written, and whenever one is read. */
function checkFolder(path: string, guard: FileGuard | undefined): void {
  try {
    guard?.checkDirectory(dirname(path));
  } catch (error) {
    if (error instanceof CacheError && error.code === CacheErrorCode.UNSAFE_PATH) throw refusedBy(error);
    throw error;
  }
}

function checkMode(path: string, stats: Stats): void {
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    throw refused(
      path,
      'may be read or written by others; "chmod 600" it, and use another key if others could have read this one',
    );
  }
}

function refused(path: string, problem: string): CacheConfigError {
  const message = `${WHAT} ${path}: ${problem}`;
  return new CacheConfigError(message, { problems: [{ path: 'keyFile', message: problem }] });
}

/** The error of a refused path, attributed to the option `keyFile`. */
function refusedBy(cause: CacheError): CacheConfigError {
  return new CacheConfigError(cause.message, { cause, problems: [{ path: 'keyFile', message: cause.message }] });
}

function writeWhole(path: string, text: string): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    bytes.fill(0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // Another process was first: its key is used.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function attempt(path: string, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new CacheStorageError(`key file ${path}: cannot be ${what} (${errorCode(error)})`, { cause: error });
  }
}
