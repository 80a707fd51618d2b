import { closeUntouched } from '../database/close-database.ts';
import { hardenConnection } from '../database/harden-connection.ts';
import type { SqliteDatabaseConstructor } from '../database/load-binding.ts';
import { readSchema, type SchemaRow, type StructureCheck } from './check-structure.ts';

/**
 * SQLite calls a file damaged, too, if it cannot make sense of an object in it, as of an index over a function that only the program
 * knows that made it. Looks at the definitions in such a file without using them, on a connection of its own, and throws as
 * {@link StructureCheck.check} for an object that must not be there; returns if the file is damaged indeed.
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
