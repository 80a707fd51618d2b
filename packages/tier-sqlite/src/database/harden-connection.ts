import type BetterSqlite3 from 'better-sqlite3';

/**
 * What every connection gets before its first statement: functions that are not harmless do not run out of a schema, and sizes that a
 * page claims are checked when it is read. `defensive`, by which neither the schema nor shadow tables can be written to directly, is what
 * better-sqlite3 opens every connection with.
 */
export function hardenConnection(db: BetterSqlite3.Database): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
}
