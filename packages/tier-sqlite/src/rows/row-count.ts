import type { SqliteDatabase } from '../database/load-binding.ts';

/**
 * The number of rows of a bounded table, counted once and then kept: again only when another connection has written,
 * or a transaction of ours was rolled back. Ask inside a write transaction, where nobody else can write.
 */
export class RowCount {
  readonly #count: () => number;
  readonly #version: () => number;
  #known: number | undefined;
  #knownVersion = -1;

  constructor(db: SqliteDatabase, table: string) {
    const count = db.prepare(`SELECT count(*) FROM ${table}`).pluck();
    const version = db.prepare('PRAGMA data_version').pluck();
    this.#count = () => count.get() as number;
    this.#version = () => version.get() as number;
  }

  get(): number {
    const version = this.#version();
    if (this.#known === undefined || version !== this.#knownVersion) {
      this.#known = this.#count();
      this.#knownVersion = version;
    }
    return this.#known;
  }

  changed(by: number): void {
    if (this.#known !== undefined) this.#known += by;
  }

  forget(): void {
    this.#known = undefined;
  }
}
