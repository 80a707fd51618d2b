import type { SqliteDatabase } from '../database/load-binding.ts';

interface Source {
  readonly name: string;
  /** SQL: true for a row about ours. */
  readonly about: string;
}

/**
 * What ANALYZE, or anybody, left in the file about some tables and their indexes. SQLite plans by it, so that forged figures make each
 * statement read a whole table. The tier's statements are made to be planned without any.
 */
export class PlannerStatistics {
  readonly #db: SqliteDatabase;
  readonly #names: readonly string[];

  /** `names`: those of the tables and of the indexes that the tier makes, folded. */
  constructor(db: SqliteDatabase, names: readonly string[]) {
    this.#db = db;
    this.#names = names;
  }

  /** True if there are any. */
  get isAny(): boolean {
    const first = ({ name, about }: Source) => this.#db.prepare(`SELECT 1 FROM ${name} WHERE ${about} LIMIT 1`);
    return this.#sources().some((source) => first(source).get(this.#bound) !== undefined);
  }

  /** Removes them, and has this connection forget what it has read of them. Ask inside a write transaction. */
  forget(): void {
    if (!this.isAny) return;
    for (const { name, about } of this.#sources())
      this.#db.prepare(`DELETE FROM ${name} WHERE ${about}`).run(this.#bound);
    // Has nothing to count in that table, and then reads the statistics anew.
    this.#db.exec('ANALYZE sqlite_schema');
  }

  /** Each place in the conditions takes all names. */
  get #bound(): string[] {
    return [...this.#names, ...this.#names, ...this.#names];
  }

  /**
   * The tables of statistics, with what tells the rows about ours: SQLite finds an index by its name alone, and reads a name up to its first
   * NUL, which no name that ANALYZE writes has.
   */
  #sources(): Source[] {
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
