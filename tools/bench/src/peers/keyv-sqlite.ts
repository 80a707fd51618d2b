import { KeyvSqlite } from '@keyv/sqlite';

/** The SQLite store of keyv, on the same native binding as ours. */
export function keyvSqliteStore(path: string): KeyvSqlite {
  return new KeyvSqlite({ uri: `sqlite://${path}`, driver: 'better-sqlite3' });
}

/** The same store for keyv 5, which cacheable and cache-manager use: it reads the dialect from the options. */
export function keyv5SqliteStore(path: string): KeyvSqlite {
  const store = keyvSqliteStore(path);
  const { opts } = store;
  Object.defineProperty(store, 'opts', { value: { ...opts, dialect: 'sqlite', url: `sqlite://${path}` } });
  return store;
}
