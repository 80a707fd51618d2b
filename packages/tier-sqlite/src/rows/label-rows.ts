import { type EntryLabels, MAX_LABEL_NAME, MAX_LABEL_VALUE, MAX_LABELS } from '@pw/cache-models';
import { OPAQUE } from './entry-row.ts';
import type { EntryStatements } from './entry-statements.ts';
import type { StoredValue } from './entry-values.ts';

/** Rows of a key removed by one put: twice as many as we store. */
const MAX_ROWS_PER_PUT = 2 * MAX_LABELS;

/**
 * The table in which a query finds keys by label. Each call removes no more rows than we may have stored for its keys;
 * any that another program added beyond that are left to `OrphanedLabels`. Runs inside a write transaction.
 */
export class LabelRows {
  readonly #statements: EntryStatements;
  readonly #table: string;
  readonly #select: string;
  readonly #insert: string;
  /** Cached within a transaction, in which no other connection writes. */
  #isEmpty: boolean | undefined;

  constructor(statements: EntryStatements, table: string) {
    this.#statements = statements;
    this.#table = table;
    const [name, value] = [bounded('name', MAX_LABEL_NAME), bounded('value', 3 * MAX_LABEL_VALUE)];
    this.#select = `SELECT ${name}, ${value} FROM ${table} WHERE key = ${OPAQUE} ORDER BY name, value LIMIT ${MAX_LABELS + 1}`;
    this.#insert = `INSERT OR IGNORE INTO ${table} (name, value, key) VALUES (?, ?, ?)`;
  }

  /** To be called at the beginning of each transaction. */
  reset(): void {
    this.#isEmpty = undefined;
  }

  /** Makes the rows of a key match the labels of its entry; usually they do already. */
  put(key: string, labels: EntryLabels): void {
    const wanted = Object.entries(labels);
    // Most stores have no labels, and a query per key would add a tenth to the cost of a batch.
    if (wanted.length === 0 && this.#hasNone()) return;
    const stored = this.#statements.of(this.#select).raw().all(key) as [StoredValue, StoredValue][];
    const isSame =
      stored.length === wanted.length &&
      stored.every(([name, value], i) => name === wanted[i]![0] && value === wanted[i]![1]);
    if (isSame) return;
    if (stored.length > 0)
      this.#statements.of(this.#removal(`SELECT ${OPAQUE} AS key`, `${MAX_ROWS_PER_PUT}`)).run(key);
    this.#isEmpty = undefined;
    for (const [name, value] of wanted) this.#statements.of(this.#insert).run(name, value, key);
  }

  /**
   * Removes the rows of some keys, `SELECT key …`, which binds the values. True if more rows than we store are left.
   */
  remove(keys: string, values: readonly unknown[]): boolean {
    if (this.#hasNone()) return false;
    // Most entries have none: this query costs a fraction of the removal.
    const first = `SELECT 1 FROM (${keys}) k CROSS JOIN ${this.#table} l ON l.key = k.key LIMIT 1`;
    const isAny = () => this.#statements.of(first).get(...values) !== undefined;
    if (!isAny()) return false;
    const removal = this.#removal(keys, `(SELECT ${MAX_LABELS} * count(*) FROM (${keys}))`);
    this.#statements.of(removal).run(...values, ...values);
    return isAny();
  }

  /** Removes all rows; or removes none and returns false if there are more than `entries` can have. */
  clear(entries: number): boolean {
    const isMore = this.#statements.of(`SELECT 1 FROM ${this.#table} LIMIT 1 OFFSET ?`).get(entries * MAX_LABELS);
    if (isMore !== undefined) return false;
    this.#statements.of(`DELETE FROM ${this.#table}`).run();
    return true;
  }

  #hasNone(): boolean {
    this.#isEmpty ??= this.#statements.of(`SELECT 1 FROM ${this.#table} LIMIT 1`).get() === undefined;
    return this.#isEmpty;
  }

  #removal(keys: string, limit: string): string {
    return removeLabels(this.#table, `(${keys}) k CROSS JOIN ${this.#table} l ON l.key = k.key LIMIT ${limit}`);
  }
}

/** SQL: removes label rows; `from` names them `l`. */
export function removeLabels(table: string, from: string): string {
  return `DELETE FROM ${table} WHERE (name, value, key) IN (SELECT l.name, l.value, l.key FROM ${from})`;
}

/** A value that we cannot have stored becomes NULL: it is not read, and equals nothing. */
function bounded(column: string, bytes: number): string {
  return `iif(typeof(${column}) = 'text' AND octet_length(${column}) <= ${bytes}, ${column}, NULL)`;
}
