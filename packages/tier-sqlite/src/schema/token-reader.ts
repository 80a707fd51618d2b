import { foldCase, type SqlToken, sqlTokens } from './sql-tokens.ts';

/** A construct in a definition that is not allowed there; the message names it. */
export class UnknownStructure extends Error {}

/** Reads a definition token by token. */
export class TokenReader {
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  /** Throws an UnknownStructure if the definition cannot be split into tokens. */
  constructor(sql: string) {
    const tokens = sqlTokens(sql);
    if (tokens === undefined) throw new UnknownStructure('a definition that cannot be read');
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Consumes these words, or this sign, if they come next; true if they did. */
  take(...expected: readonly string[]): boolean {
    const found = expected.every((text, i) => {
      const token = this.#tokens[this.#at + i];
      return (token?.kind === 'word' || token?.kind === 'sign') && token.text.toUpperCase() === text;
    });
    if (found) this.#at += expected.length;
    return found;
  }

  /** Like `take`, but throws an UnknownStructure if they do not come next. */
  demand(...expected: readonly string[]): void {
    if (!this.take(...expected)) throw this.unknown();
  }

  /** Consumes a name and returns it in lower case; throws an UnknownStructure if none comes next. */
  name(): string {
    const token = this.next();
    if (token?.kind !== 'word' && token?.kind !== 'name') throw new UnknownStructure(described(token));
    return foldCase(token.text);
  }

  /** Consumes the next token; `undefined` at the end. */
  next(): SqlToken | undefined {
    return this.#tokens[this.#at++];
  }

  peek(): SqlToken | undefined {
    return this.#tokens[this.#at];
  }

  /** An error that describes the next token. */
  unknown(): UnknownStructure {
    return new UnknownStructure(described(this.peek()));
  }
}

const CONSTRAINTS: ReadonlySet<string> = new Set([
  'CHECK',
  'UNIQUE',
  'COLLATE',
  'GENERATED',
  'AS',
  'REFERENCES',
  'WHERE',
]);

/** Quotes only keywords: anything else may be confidential. */
function described(token: SqlToken | undefined): string {
  if (token === undefined) return 'a definition that ends too early';
  const word = token.kind === 'word' ? token.text.toUpperCase() : '';
  if (word === 'GENERATED' || word === 'AS') return 'a generated column';
  return CONSTRAINTS.has(word) ? `${word} in its definition` : 'a definition of unknown form';
}
