import { isVersion, type Marks } from '@pw/cache-models/tier';
import { OPAQUE } from '../rows/entry-row.ts';
import type { EntryStatements } from '../rows/entry-statements.ts';
import { boundedNumber, isKey } from '../rows/value-limits.ts';
import { ALL_MARK } from '../schema/schema-definitions.ts';
import type { TableLayout } from '../schema/table-layout.ts';

/** SQL: true for a row of the table of entries, named `c`, that is not marked. */
export function isUnmarkedSql({ marks }: Pick<TableLayout, 'marks'>): string {
  return `NOT EXISTS (SELECT 1 FROM ${marks} WHERE key = ${ALL_MARK}) AND NOT EXISTS (SELECT 1 FROM ${marks} m WHERE m.key = c.key)`;
}

/** The marks of one connection. Writes run inside a write transaction. */
export class MarkRows {
  readonly #statements: EntryStatements;
  readonly #anySql: string;
  /** Cached within a transaction, in which no other connection writes. */
  #isEmpty: boolean | undefined;

  constructor(statements: EntryStatements) {
    this.#statements = statements;
    this.#anySql = `SELECT 1 FROM ${this.#table} LIMIT 1`;
  }

  /** To be called at the beginning of each transaction. */
  reset(): void {
    this.#isEmpty = undefined;
  }

  /** True, as a rule, if there are no marks. */
  get isEmpty(): boolean {
    this.#isEmpty ??= this.#statements.of(this.#anySql).get() === undefined;
    return this.#isEmpty;
  }

  /** All marks. One that cannot be read marks everything: it may have been for any key. */
  all(): Marks {
    const key = `CASE WHEN ${isKey('key')} THEN key END`;
    const sql = `SELECT ${key}, ${boundedNumber('version')} FROM ${this.#table}`;
    const marks = new Map<string | null, number>();
    for (const [of, version] of this.#statements.of(sql).raw().all() as [string | null, unknown][])
      marks.set(of, Math.max(marks.get(of) ?? 0, versionOr0(version)));
    return marks;
  }

  /** The mark of a key, or of everything if that is higher. */
  of(key: string): number | undefined {
    if (this.isEmpty) return undefined;
    const sql = `SELECT ${boundedNumber('version')} FROM ${this.#table} WHERE key IN (${OPAQUE}, ${ALL_MARK})`;
    const found = this.#statements.of(sql).pluck().all(key) as unknown[];
    return found.length === 0 ? undefined : Math.max(...found.map(versionOr0));
  }

  /** The highest of all marks. */
  highest(): number {
    if (this.isEmpty) return 0;
    return versionOr0(this.#statements.of(`SELECT max(version) FROM ${this.#table}`).pluck().get());
  }

  /** Marks the entry of a key; a mark that is there stays. */
  markEntry(key: string): void {
    this.#isEmpty = false;
    this.#statements.of(`INSERT OR IGNORE INTO ${this.#table} (key, version) VALUES (?, 0)`).run(key);
  }

  markRemoval(key: string, version: number): void {
    this.#isEmpty = false;
    this.#statements.of(this.#upsert('?')).run(key, version);
  }

  /** Marks everything, and nothing else. */
  markClear(version: number): void {
    this.#statements.of(`DELETE FROM ${this.#table}`).run();
    this.#isEmpty = false;
    this.#statements.of(this.#upsert(ALL_MARK)).run(version);
  }

  /** Marks everything; a mark of everything that is there stays. */
  markAll(): void {
    this.#isEmpty = false;
    this.#statements.of(`INSERT OR IGNORE INTO ${this.#table} (key, version) VALUES (${ALL_MARK}, 0)`).run();
  }

  unmark(key: string): void {
    if (this.isEmpty) return;
    this.#statements.of(`DELETE FROM ${this.#table} WHERE key = ?`).run(key);
    this.#isEmpty = undefined;
  }

  /** Removes the mark of everything if it still is `mark`. True if it was. */
  unmarkAll(mark: number): boolean {
    if (this.isEmpty) return false;
    const sql = `DELETE FROM ${this.#table} WHERE key = ${ALL_MARK} AND version = ?`;
    this.#isEmpty = undefined;
    return this.#statements.of(sql).run(mark).changes > 0;
  }

  /**
   * Removes the marks that are not above a version; but that of a newer entry stays, as the base may miss the entry.
   */
  unmarkUpTo(version: number): void {
    if (this.isEmpty) return;
    const { side } = this.#statements.layout;
    const isNewer = `EXISTS (SELECT 1 FROM ${side} s WHERE s.key = ${this.#table}.key AND s.version > ?)`;
    this.#statements.of(`DELETE FROM ${this.#table} WHERE version <= ? AND NOT ${isNewer}`).run(version, version);
    this.#isEmpty = undefined;
  }

  get #table(): string {
    return this.#statements.layout.marks;
  }

  #upsert(key: string): string {
    return `INSERT INTO ${this.#table} (key, version) VALUES (${key}, ?) ON CONFLICT(key) DO UPDATE SET version = excluded.version`;
  }
}

function versionOr0(version: unknown): number {
  return isVersion(version) ? version : 0;
}
