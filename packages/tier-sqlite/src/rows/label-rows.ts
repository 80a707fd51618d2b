import { type EntryLabels, MAX_LABEL_NAME, MAX_LABEL_VALUE, MAX_LABELS } from '@pw/cache-models';
import { PLAIN } from './entry-row.ts';
import type { EntryStatements } from './entry-statements.ts';
import type { StoredValue } from './entry-values.ts';

/** Rows of a key that go with one put: twice as many as we store. */
const MOST_ROWS = 2 * MAX_LABELS;

/**
 * The table of labels by name and value, in which a query finds keys. Each call removes no more rows than we may have stored for its
 * keys: of what somebody else put there, the rest goes with {@link LabelSweep}. All of it runs inside a write transaction.
 */
export class LabelRows {
  readonly #statements: EntryStatements;
  readonly #table: string;
  readonly #select: string;
  readonly #insert: string;
  /** Known within a transaction, where nobody else writes. */
  #isEmpty: boolean | undefined;

  constructor(statements: EntryStatements, table: string) {
    this.#statements = statements;
    this.#table = table;
    const [name, value] = [bounded('name', MAX_LABEL_NAME), bounded('value', 3 * MAX_LABEL_VALUE)];
    this.#select = `SELECT ${name}, ${value} FROM ${table} WHERE key = ${PLAIN} ORDER BY name, value LIMIT ${MAX_LABELS + 1}`;
    this.#insert = `INSERT OR IGNORE INTO ${table} (name, value, key) VALUES (?, ?, ?)`;
  }

  /** To be called at the beginning of each transaction. */
  reset(): void {
    this.#isEmpty = undefined;
  }

  /** Makes the rows of a key those of its entry; most have them already. */
  put(key: string, labels: EntryLabels): void {
    const wanted = Object.entries(labels);
    // Most stores have none: a look at each key would cost a batch a tenth.
    if (wanted.length === 0 && this.#hasNone()) return;
    const stored = this.#statements.of(this.#select).raw().all(key) as [StoredValue, StoredValue][];
    const isSame =
      stored.length === wanted.length &&
      stored.every(([name, value], i) => name === wanted[i]![0] && value === wanted[i]![1]);
    if (isSame) return;
    if (stored.length > 0) this.#statements.of(this.#removal(`SELECT ${PLAIN} AS key`, `${MOST_ROWS}`)).run(key);
    this.#isEmpty = undefined;
    for (const [name, value] of wanted) this.#statements.of(this.#insert).run(name, value, key);
  }

  /** Removes the rows of some keys, `SELECT key …`, which binds the values. True if there are more of them than we stored. */
  remove(keys: string, values: readonly unknown[]): boolean {
    if (this.#hasNone()) return false;
    // Most entries have none: this costs a fraction of the rest.
    const first = `SELECT 1 FROM (${keys}) k CROSS JOIN ${this.#table} l ON l.key = k.key LIMIT 1`;
    const isAny = () => this.#statements.of(first).get(...values) !== undefined;
    if (!isAny()) return false;
    const removal = this.#removal(keys, `(SELECT ${MAX_LABELS} * count(*) FROM (${keys}))`);
    this.#statements.of(removal).run(...values, ...values);
    return isAny();
  }

  /** Removes all rows, or none and answers true if there are more than `entries` can have. */
  clear(entries: number): boolean {
    const isMore = this.#statements.of(`SELECT 1 FROM ${this.#table} LIMIT 1 OFFSET ?`).get(entries * MAX_LABELS);
    if (isMore !== undefined) return true;
    this.#statements.of(`DELETE FROM ${this.#table}`).run();
    return false;
  }

  #hasNone(): boolean {
    this.#isEmpty ??= this.#statements.of(`SELECT 1 FROM ${this.#table} LIMIT 1`).get() === undefined;
    return this.#isEmpty;
  }

  #removal(keys: string, limit: string): string {
    return removeLabels(this.#table, `(${keys}) k CROSS JOIN ${this.#table} l ON l.key = k.key LIMIT ${limit}`);
  }
}

/** SQL: removes rows of a table of labels; `from` names them `l`. */
export function removeLabels(table: string, from: string): string {
  return `DELETE FROM ${table} WHERE (name, value, key) IN (SELECT l.name, l.value, l.key FROM ${from})`;
}

/** What we never stored is not read, and equal to nothing. */
function bounded(column: string, bytes: number): string {
  return `iif(typeof(${column}) = 'text' AND octet_length(${column}) <= ${bytes}, ${column}, NULL)`;
}
