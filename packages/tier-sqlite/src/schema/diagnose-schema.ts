import { closeUntouched } from '../database/close-database.ts';
import { hardenConnection } from '../database/harden-connection.ts';
import type { SqliteDatabaseConstructor } from '../database/load-binding.ts';
import { readSchema, type SchemaRow, type StructureCheck } from './check-structure.ts';

/**
 * SQLite also reports a file as damaged if it does not understand an object in it, such as an index over a function
 * that only another program defines. Reads the definitions in such a file without using them, on a connection of its
 * own, and throws like {@link StructureCheck.check} for an object that must not be there. Returns if the file is really
 * damaged.
 */
export function diagnoseSchema(path: string, check: StructureCheck, Database: SqliteDatabaseConstructor): void {
  let rows: SchemaRow[];
  try {
    const db = new Database(path, { timeout: 0, fileMustExist: true });
    try {
      hardenConnection(db);
      db.pragma('query_only = ON');
      db.unsafeMode(true);
      db.pragma('writable_schema = ON');
      rows = readSchema(db);
    } finally {
      closeUntouched(db, Database);
    }
  } catch {
    return;
  }
  check.checkAdded(rows);
}
