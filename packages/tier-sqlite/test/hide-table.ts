import Database from 'better-sqlite3';

/** Renames a table, so that every operation of a tier that has the file open fails. */
export function hideTable(file: string, table: string): void {
  rename(file, table, `hidden_${table}`);
}

export function showTable(file: string, table: string): void {
  rename(file, `hidden_${table}`, table);
}

function rename(file: string, from: string, to: string): void {
  const db = new Database(file);
  try {
    db.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
  } finally {
    db.close();
  }
}
