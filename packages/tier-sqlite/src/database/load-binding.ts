import { createRequire } from 'node:module';
import { CacheError, CacheErrorCode } from '@pw/cache-models';
import type BetterSqlite3 from 'better-sqlite3';

export type SqliteDatabase = BetterSqlite3.Database;
export type SqliteDatabaseConstructor = typeof BetterSqlite3;

/**
 * The Node-API version that the binding is built for; Node.js has it since 22.14.0. With an older one the process
 * crashes at the first database.
 */
const NODE_API = 10;

/** The part of `process.versions` that matters. */
export interface RuntimeVersions {
  readonly node: string;
  readonly napi?: string | undefined;
}

/**
 * Throws a CacheError with code `CACHE_RUNTIME_UNSUPPORTED` for a Node.js on which the binding would crash the process.
 */
export function checkRuntime({ node, napi }: RuntimeVersions = process.versions): void {
  if (Number(napi) >= NODE_API) return;
  throw unsupported(
    `@pw/tier-sqlite needs Node.js 22.14 or newer, but this is ${node}: update Node.js, or use a tier without SQLite, such as @pw/tier-jsonl`,
  );
}

/**
 * Loads better-sqlite3 when the first tier opens: importing this package loads no native code. `load` is for tests.
 * Throws a CacheError with code `CACHE_RUNTIME_UNSUPPORTED` that names the remedy.
 */
export function loadBinding(
  load: () => SqliteDatabaseConstructor = () => createRequire(import.meta.url)('better-sqlite3'),
  versions?: RuntimeVersions,
): SqliteDatabaseConstructor {
  checkRuntime(versions);
  try {
    const Database = load();
    // better-sqlite3 loads its binary with the first database.
    new Database(':memory:').close();
    return Database;
  } catch (error) {
    throw unsupported(
      `better-sqlite3 has no working binary for ${process.platform}-${process.arch}: install it again with this Node.js, or use a tier without SQLite, such as @pw/tier-jsonl`,
      error,
    );
  }
}

function unsupported(message: string, cause?: unknown): CacheError {
  return new CacheError(message, { code: CacheErrorCode.RUNTIME_UNSUPPORTED, cause });
}
