import { getSystemErrorMap } from 'node:util';

/** Descriptions for codes whose system message is unclear, and for SQLite codes, which have none. */
const WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is a file, not a directory',
  SQLITE_BUSY: 'another process has locked the database',
  SQLITE_CANTOPEN: 'the database cannot be opened',
  SQLITE_FULL: 'no space left on device',
  SQLITE_NOTADB: 'it is not a SQLite database',
  SQLITE_READONLY: 'the database is read-only',
};

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'run as the user it belongs to, or change its permissions',
  EPERM: 'run as the user it belongs to, or change its permissions',
  ENOENT: 'choose a --dir whose parent directory exists and is writable',
  ENOTDIR: 'choose another --dir',
  ENOSPC: 'free some disk space',
  SQLITE_FULL: 'free some disk space',
  EROFS: 'choose a writable --dir',
  SQLITE_READONLY: 'make its files and their directory writable',
  SQLITE_BUSY: 'try again later, or stop that process',
};

const systemWords = new Map([...getSystemErrorMap().values()]);

/** Describes a system or SQLite error code: `permission denied (EACCES)`. */
export function describeCode(code: string): string {
  const words = wordsOf(code);
  return words === undefined ? code : `${words} (${code})`;
}

/** The remedy for a store that failed with a code. */
export function remedyFor(code: string | undefined): string {
  return REMEDIES[code ?? ''] ?? 'check the directory and its permissions';
}

/**
 * Describes each code in parentheses: `cannot be read (ENOENT)` → `cannot be read: no such file or directory (ENOENT)`.
 */
export function describeCodes(message: string): string {
  return message.replace(/ \(([A-Z][A-Z\d_]+)\)/g, (brackets, code: string) => {
    const words = wordsOf(code);
    return words === undefined || message.includes(`${words}${brackets}`) ? brackets : `: ${words}${brackets}`;
  });
}

function wordsOf(code: string): string | undefined {
  return WORDS[code] ?? systemWords.get(code);
}

/** The system or SQLite code of an error, or of its cause. */
export function systemCodeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && wordsOf(code) !== undefined) return code;
  return cause === undefined ? undefined : systemCodeOf(cause);
}
