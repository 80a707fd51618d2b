import type { SqlToken } from './sql-tokens.ts';
import { TokenReader, UnknownStructure } from './token-reader.ts';

/** A column, as far as it is allowed in our tables: nothing in it is computed. */
export interface ColumnStructure {
  readonly type: string;
  readonly isNotNull: boolean;
  readonly isPrimaryKey: boolean;
  readonly hasDefault: boolean;
  /** The column that it refers to, and its action; empty if it is not a foreign key. */
  readonly references: string;
}

export interface TableStructure {
  readonly name: string;
  readonly columns: ReadonlyMap<string, ColumnStructure>;
  /** The columns of the primary key, in order. */
  readonly primaryKey: readonly string[];
  readonly isWithoutRowId: boolean;
}

type Columns = Map<string, { -readonly [K in keyof ColumnStructure]: ColumnStructure[K] }>;

/**
 * Parses a `CREATE TABLE` as SQLite stores it. Throws an UnknownStructure for anything that none of our tables needs:
 * CHECK, UNIQUE, COLLATE, generated columns, computed defaults, foreign keys with any action other than cascading
 * deletes.
 */
export function parseTable(sql: string): TableStructure {
  const reader = new TokenReader(sql);
  reader.demand('CREATE', 'TABLE');
  reader.take('IF', 'NOT', 'EXISTS');
  const name = reader.name();
  reader.demand('(');
  const columns: Columns = new Map();
  let primaryKey: readonly string[] | undefined;
  do {
    if (isTableConstraint(reader.peek())) primaryKey = tableConstraint(reader, columns) ?? primaryKey;
    else column(reader, columns);
  } while (reader.take(','));
  reader.demand(')');
  const isWithoutRowId = reader.take('WITHOUT', 'ROWID');
  if (!reader.isAtEnd) throw reader.unknown();
  const inColumns = [...columns].filter(([, { isPrimaryKey }]) => isPrimaryKey).map(([column]) => column);
  return { name, columns, primaryKey: primaryKey ?? inColumns, isWithoutRowId };
}

const TABLE_CONSTRAINTS: ReadonlySet<string> = new Set(['PRIMARY', 'FOREIGN', 'CONSTRAINT', 'CHECK', 'UNIQUE']);

function isTableConstraint(token: SqlToken | undefined): boolean {
  return token?.kind === 'word' && TABLE_CONSTRAINTS.has(token.text.toUpperCase());
}

/** The columns of the primary key, if the constraint is one. */
function tableConstraint(reader: TokenReader, columns: Columns): readonly string[] | undefined {
  if (reader.take('PRIMARY', 'KEY', '(')) {
    const names: string[] = [];
    do names.push(reader.name());
    while (reader.take(','));
    reader.demand(')');
    for (const name of names) columnNamed(columns, name).isPrimaryKey = true;
    return names;
  }
  reader.demand('FOREIGN', 'KEY', '(');
  const referring = columnNamed(columns, reader.name());
  reader.demand(')', 'REFERENCES');
  referring.references = references(reader);
  return undefined;
}

function columnNamed(columns: Columns, name: string) {
  const found = columns.get(name);
  if (found === undefined) throw new UnknownStructure('a key over a column that it does not have');
  return found;
}

function column(reader: TokenReader, columns: Columns): void {
  const name = reader.name();
  const found = { type: type(reader), isNotNull: false, isPrimaryKey: false, hasDefault: false, references: '' };
  columns.set(name, found);
  for (;;) {
    if (reader.take('NOT', 'NULL')) found.isNotNull = true;
    else if (reader.take('PRIMARY', 'KEY')) {
      found.isPrimaryKey = true;
      if (reader.take('AUTOINCREMENT')) found.type += ' AUTOINCREMENT';
    } else if (reader.take('DEFAULT')) {
      literal(reader);
      found.hasDefault = true;
    } else if (reader.take('REFERENCES')) found.references = references(reader);
    else return;
  }
}

const AFTER_TYPE: ReadonlySet<string> = new Set([
  ...[
    'NOT',
    'NULL',
    'PRIMARY',
    'DEFAULT',
    'REFERENCES',
    'CHECK',
    'UNIQUE',
    'COLLATE',
    'GENERATED',
    'AS',
    'CONSTRAINT',
    'ON',
  ],
]);

function type(reader: TokenReader): string {
  const words: string[] = [];
  for (let token = reader.peek(); token?.kind === 'word'; token = reader.peek()) {
    const word = token.text.toUpperCase();
    if (AFTER_TYPE.has(word)) break;
    words.push(word);
    reader.next();
  }
  if (words.length > 0 && reader.take('(')) {
    do {
      if (reader.next()?.kind !== 'number') throw new UnknownStructure('a definition of unknown form');
    } while (reader.take(','));
    reader.demand(')');
  }
  return words.join(' ');
}

/** A number, a string or NULL: nothing that is computed when a row is stored. */
function literal(reader: TokenReader): void {
  const hasSign = reader.take('-') || reader.take('+');
  const token = reader.next();
  const isConstant = token?.kind === 'word' && /^(null|true|false)$/i.test(token.text);
  if (token?.kind !== 'number' && (hasSign || (token?.kind !== 'text' && !isConstant)))
    throw new UnknownStructure('a computed default');
}

function references(reader: TokenReader): string {
  const table = reader.name();
  reader.demand('(');
  const name = reader.name();
  reader.demand(')');
  const action = reader.take('ON', 'DELETE', 'CASCADE') ? ' on delete cascade' : '';
  return `${table}(${name})${action}`;
}
