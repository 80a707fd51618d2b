import type { SqliteDatabase } from '../database/load-binding.ts';

interface StatisticsTable {
  readonly name: string;
  /** SQL: true for a row about our tables. */
  readonly about: string;
}

/**
 * Statistics in the file, left by ANALYZE or by another program, about our tables and indexes. SQLite plans by them, so
 * forged figures make every statement read whole tables. Our statements are written to be planned without any.
 */
export class PlannerStatistics {
  readonly #db: SqliteDatabase;
  readonly #names: readonly string[];

  /** `names`: the names of our tables and indexes, in lower case. */
  constructor(db: SqliteDatabase, names: readonly string[]) {
    this.#db = db;
    this.#names = names;
  }

  get exist(): boolean {
    const first = ({ name, about }: StatisticsTable) =>
      this.#db.prepare(`SELECT 1 FROM ${name} WHERE ${about} LIMIT 1`);
    return this.#tables().some((source) => first(source).get(this.#bound) !== undefined);
  }

  /** Removes them, and makes this connection drop those that it has loaded. Runs inside a write transaction. */
  remove(): void {
    if (!this.exist) return;
    for (const { name, about } of this.#tables())
      this.#db.prepare(`DELETE FROM ${name} WHERE ${about}`).run(this.#bound);
    // This finds nothing to count, but makes SQLite reload the statistics.
    this.#db.exec('ANALYZE sqlite_schema');
  }

  /** Each placeholder list in the conditions takes all names. */
  get #bound(): string[] {
    return [...this.#names, ...this.#names, ...this.#names];
  }

  /**
   * The statistics tables, with a condition for the rows about ours. SQLite finds an index by its name alone, and reads
   * a name up to its first NUL, which no name written by ANALYZE contains.
   */
  #tables(): StatisticsTable[] {
    const found =
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) IN ('sqlite_stat1', 'sqlite_stat4')";
    const places = this.#names.map(() => '?').join(', ');
    const indexes = `SELECT lower(name) FROM sqlite_schema WHERE type = 'index' AND lower(tbl_name) IN (${places})`;
    const about = `lower(ifnull(tbl, '')) IN (${places}) OR lower(ifnull(idx, '')) IN (${places}) OR lower(idx) IN (${indexes})
      OR instr(CAST(ifnull(tbl, '') || ifnull(idx, '') AS BLOB), x'00')`;
    return this.#db
      .prepare(found)
      .pluck()
      .all()
      .map((name) => ({ name: String(name), about }));
  }
}
