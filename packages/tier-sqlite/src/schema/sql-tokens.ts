/**
 * A token of SQL. A `name` is an identifier in quotes or brackets; a `text` is a string literal. The text of both is
 * without the quotes.
 */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  readonly text: string;
}

const TOKEN =
  /[\t\n\f\r ]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<word>[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*)|"(?<name>[^"]*(?:""[^"]*)*)"|`(?<tick>[^`]*(?:``[^`]*)*)`|\[(?<bracket>[^\]]*)\]|'(?<text>[^']*(?:''[^']*)*)'|(?<number>\d[\w.]*|\.\d\w*)|(?<sign>[^"'`[])/uy;

/**
 * The tokens of SQL, without white space and comments; `undefined` if a quote is not closed. Linear in the length of
 * the input.
 */
export function sqlTokens(sql: string): SqlToken[] | undefined {
  const tokens: SqlToken[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const found = TOKEN.exec(sql);
    if (found === null) return undefined;
    const token = tokenOf(found.groups ?? {});
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): SqlToken | undefined {
  const { word, name, tick, bracket, text, number, sign } = groups;
  if (word !== undefined) return { kind: 'word', text: word };
  if (name !== undefined) return { kind: 'name', text: name.replaceAll('""', '"') };
  if (tick !== undefined) return { kind: 'name', text: tick.replaceAll('``', '`') };
  if (bracket !== undefined) return { kind: 'name', text: bracket };
  if (text !== undefined) return { kind: 'text', text: text.replaceAll("''", "'") };
  if (number !== undefined) return { kind: 'number', text: number };
  return sign === undefined ? undefined : { kind: 'sign', text: sign };
}

/** A name as SQLite compares it, which ignores the case of ASCII letters only. */
export function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
