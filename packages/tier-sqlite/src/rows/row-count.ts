import type { SqliteDatabase } from '../database/load-binding.ts';

/**
 * The number of rows of a table, counted once and then maintained. It is counted again when another connection has
 * written (`data_version`) or a transaction of this one was rolled back. Valid only inside a write transaction, in
 * which no other connection can write.
 */
export class RowCount {
  readonly #select: () => number;
  readonly #version: () => number;
  #count: number | undefined;
  #countedAt = -1;

  constructor(db: SqliteDatabase, table: string) {
    const count = db.prepare(`SELECT count(*) FROM ${table}`).pluck();
    const version = db.prepare('PRAGMA data_version').pluck();
    this.#select = () => count.get() as number;
    this.#version = () => version.get() as number;
  }

  get(): number {
    const version = this.#version();
    if (this.#count === undefined || version !== this.#countedAt) {
      this.#count = this.#select();
      this.#countedAt = version;
    }
    return this.#count;
  }

  add(difference: number): void {
    if (this.#count !== undefined) this.#count += difference;
  }

  invalidate(): void {
    this.#count = undefined;
  }
}
