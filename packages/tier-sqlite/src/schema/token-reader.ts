import { foldCase, type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Says what a definition holds that does not belong there, as in `a CHECK constraint`. */
export class UnknownStructure extends Error {}

/** Goes through a definition, piece by piece. */
export class TokenReader {
  readonly #tokens: readonly SqlToken[];
  #at = 0;

  /** Throws an UnknownStructure if the text cannot be taken apart. */
  constructor(sql: string) {
    const tokens = sqlTokens(sql);
    if (tokens === undefined) throw new UnknownStructure('a definition that cannot be read');
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Passes over these words, or this sign, if they come next; true if they did. */
  take(...expected: readonly string[]): boolean {
    const found = expected.every((text, i) => {
      const token = this.#tokens[this.#at + i];
      return (token?.kind === 'word' || token?.kind === 'sign') && token.text.toUpperCase() === text;
    });
    if (found) this.#at += expected.length;
    return found;
  }

  /** As `take`; throws an UnknownStructure if they do not come next. */
  demand(...expected: readonly string[]): void {
    if (!this.take(...expected)) throw this.unknown();
  }

  /** The next name, folded; throws an UnknownStructure if none comes. */
  name(): string {
    const token = this.next();
    if (token?.kind !== 'word' && token?.kind !== 'name') throw new UnknownStructure(described(token));
    return foldCase(token.text);
  }

  /** The next token, passed over; `undefined` at the end. */
  next(): SqlToken | undefined {
    return this.#tokens[this.#at++];
  }

  peek(): SqlToken | undefined {
    return this.#tokens[this.#at];
  }

  /** What is wrong with the next token. */
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

/** Only words of the language are quoted: anything else may be somebody's text. */
function described(token: SqlToken | undefined): string {
  if (token === undefined) return 'a definition that ends too early';
  const word = token.kind === 'word' ? token.text.toUpperCase() : '';
  if (word === 'GENERATED' || word === 'AS') return 'a generated column';
  return CONSTRAINTS.has(word) ? `${word} in its definition` : 'a definition of an unknown form';
}
