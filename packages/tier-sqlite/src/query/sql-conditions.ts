import type { StoredValue } from '../rows/entry-values.ts';

/** Gathers SQL conditions and the values they bind: values never become part of the text. */
export class SqlConditions {
  readonly values: StoredValue[] = [];
  readonly #conditions: string[] = [];

  add(condition: string, ...values: StoredValue[]): void {
    this.#conditions.push(condition);
    this.values.push(...values);
  }

  /** One of some values: a place for each, as a JSON list would end a text at its first NUL. */
  addOneOf(expression: string, values: readonly StoredValue[]): void {
    this.add(`${expression} IN (${values.map(() => '?').join(', ')})`, ...values);
  }

  get where(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }
}
