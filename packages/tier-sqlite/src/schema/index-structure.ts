import { TokenReader } from './token-reader.ts';

export interface IndexStructure {
  readonly name: string;
  readonly table: string;
  readonly isUnique: boolean;
  /** The columns; `undefined` if it is over anything other than plain columns. */
  readonly columns: readonly string[] | undefined;
  /** Everything after the columns, such as the condition of a partial index. */
  readonly rest: string;
}

/** Parses a `CREATE INDEX` as SQLite stores it. Throws an UnknownStructure if it does not begin like one. */
export function parseIndex(sql: string): IndexStructure {
  const reader = new TokenReader(sql);
  reader.demand('CREATE');
  const isUnique = reader.take('UNIQUE');
  reader.demand('INDEX');
  reader.take('IF', 'NOT', 'EXISTS');
  const name = reader.name();
  reader.demand('ON');
  const table = reader.name();
  reader.demand('(');
  const columns = plainColumns(reader);
  let rest = '';
  for (let token = reader.next(); token !== undefined; token = reader.next())
    rest += ` ${token.kind} ${token.text.toLowerCase()}`;
  return { name, table, isUnique, columns, rest };
}

function plainColumns(reader: TokenReader): string[] | undefined {
  const columns: string[] = [];
  do {
    const { kind } = reader.peek() ?? {};
    if (kind !== 'word' && kind !== 'name') return undefined;
    columns.push(reader.name());
    if (!reader.take('ASC')) reader.take('DESC');
  } while (reader.take(','));
  return reader.take(')') ? columns : undefined;
}
