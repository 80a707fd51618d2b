import type { StoredValue } from '../rows/entry-values.ts';

/** Collects SQL conditions and the values that they bind; values never become part of the SQL. */
export class SqlConditions {
  readonly values: StoredValue[] = [];
  readonly #conditions: string[] = [];

  add(condition: string, ...values: StoredValue[]): void {
    this.#conditions.push(condition);
    this.values.push(...values);
  }

  /** A placeholder per value: a JSON list would cut a string at its first NUL. */
  addOneOf(expression: string, values: readonly StoredValue[]): void {
    this.add(`${expression} IN (${values.map(() => '?').join(', ')})`, ...values);
  }

  get where(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }
}
