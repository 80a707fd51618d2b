import { CacheValidationError, type FieldProblem } from './cache-error.ts';

/** Gathers the problems of a caller's value and throws them all at once, without the value. */
export class Problems {
  readonly #list: FieldProblem[] = [];

  check(ok: boolean, path: string, message: string): void {
    if (!ok) this.#list.push({ path, message });
  }

  /** Throws a CacheValidationError if there were any. */
  throwIfAny(what: string): void {
    if (this.#list.length === 0) return;
    const text = this.#list.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    throw new CacheValidationError(`${what}: ${text}`, { problems: this.#list });
  }
}
