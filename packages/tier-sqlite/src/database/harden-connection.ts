import type BetterSqlite3 from 'better-sqlite3';

/**
 * Applied to every connection before its first statement: functions that may have side effects do not run from a
 * schema, and the cell sizes that a page claims are checked when it is read. better-sqlite3 itself opens every
 * connection with `defensive`, which forbids writing to the schema and to shadow tables.
 */
export function hardenConnection(db: BetterSqlite3.Database): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
}
