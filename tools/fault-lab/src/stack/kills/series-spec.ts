import { join } from 'node:path';
import { type CacheManager, openCache } from '@pw/cache-manager';

export type Backend = 'jsonl' | 'sqlite';

/** Where the stack of a series is. */
export interface SeriesStack {
  readonly directory: string;
  readonly backend: Backend;
  /** The deadline of a tier, in milliseconds. */
  readonly timeoutMs: number;
}

/** How the life of a writer ends. `kill` and `term` are up to the parent, the others to the writer. */
export type Ending = 'kill' | 'term' | 'exit' | 'forget' | 'close';

/** One life of a writer. */
export interface WriterSpec extends SeriesStack {
  /** Begins the names of the keys that only this writer changes. */
  readonly name: string;
  readonly others: readonly string[];
  readonly seed: number;
  /** The first number that this life writes. */
  readonly first: number;
  readonly ending: Ending;
  readonly lifeMs: number;
  /** Whether it records what it reads: not while a tier is off, when a read may say what it can. */
  readonly isWatching: boolean;
}

/** One life of a reader. */
export interface ReaderSpec extends SeriesStack {
  readonly keys: readonly string[];
  readonly isKeysFirst: boolean;
  readonly ending: 'close' | 'exit' | 'kill';
}

/** All that a reader finds in one pass. */
export interface Pass {
  readonly get: Readonly<Record<string, string>>;
  readonly has: readonly string[];
  readonly keys: readonly string[];
  readonly entries: Readonly<Record<string, string>>;
  readonly size: number;
}

/** The keys of a writer. */
export const keysOf = (writer: string): string[] => Array.from({ length: 4 }, (_, i) => `${writer}${i}`);

export const filesOf = (directory: string): string => join(directory, 'files');
export const databaseOf = (directory: string): string => join(directory, 'cache.db');

/** A cache of memory, JSON Lines or SQLite, and SQLite, as a program would open it. */
export function openSeries({ directory, backend, timeoutMs }: SeriesStack): Promise<CacheManager> {
  return openCache(
    {
      l2Backend: backend,
      l2CacheDir: filesOf(directory),
      l3DatabasePath: databaseOf(directory),
      encryptionKey: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    },
    { tierTimeoutMs: timeoutMs, env: {} },
  );
}
