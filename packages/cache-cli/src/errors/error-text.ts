import { getSystemErrorMap } from 'node:util';

/** Where the system's own words say less than a user needs, or SQLite has none. */
const WORDS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is a file, not a directory',
  SQLITE_BUSY: 'another process holds the database',
  SQLITE_CANTOPEN: 'the database cannot be opened',
  SQLITE_FULL: 'no space left on device',
  SQLITE_NOTADB: 'it is no database',
  SQLITE_READONLY: 'the database cannot be written',
};

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'run as the user it belongs to, or change its permissions',
  EPERM: 'run as the user it belongs to, or change its permissions',
  ENOENT: 'name a --dir where directories can be made',
  ENOTDIR: 'name another --dir',
  ENOSPC: 'free some space',
  SQLITE_FULL: 'free some space',
  EROFS: 'name a --dir that can be written',
  SQLITE_READONLY: 'make its files and their directory writable',
  SQLITE_BUSY: 'wait, or end that process',
};

const systemWords = new Map([...getSystemErrorMap().values()]);

/** What a code of the system or of SQLite means, with the code: `permission denied (EACCES)`. */
export function codeInWords(code: string): string {
  const words = wordsOf(code);
  return words === undefined ? code : `${words} (${code})`;
}

/** What to do about a store that fails with a code. */
export function remedyFor(code: string | undefined): string {
  return REMEDIES[code ?? ''] ?? 'check the directory and its permissions';
}

/** Puts the meaning before each code in brackets: `cannot be read (ENOENT)` → `cannot be read: no such file or directory (ENOENT)`. */
export function inWords(message: string): string {
  return message.replace(/ \(([A-Z][A-Z\d_]+)\)/g, (brackets, code: string) => {
    const words = wordsOf(code);
    return words === undefined || message.includes(`${words}${brackets}`) ? brackets : `: ${words}${brackets}`;
  });
}

function wordsOf(code: string): string | undefined {
  return WORDS[code] ?? systemWords.get(code);
}

/** The code of an error, or of what caused it. */
export function systemCodeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && wordsOf(code) !== undefined) return code;
  return cause === undefined ? undefined : systemCodeOf(cause);
}
