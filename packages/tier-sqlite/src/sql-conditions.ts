import type { StoredValue } from './entry-values.ts';

/** Gathers SQL conditions and the values they bind: values never become part of the text. */
export class SqlConditions {
  readonly values: StoredValue[] = [];
  readonly #conditions: string[] = [];

  add(condition: string, ...values: StoredValue[]): void {
    this.#conditions.push(condition);
    this.values.push(...values);
  }

  get where(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }
}

/** A text as part of a LIKE pattern with `ESCAPE '\'`: it stands for itself. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
