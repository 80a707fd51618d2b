import { CacheErrorCode, CacheStorageError } from '@pw/cache-models';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { type IndexStructure, parseIndex } from './index-structure.ts';
import { indexDefinitions, tableDefinitions, VERSIONS } from './schema-definitions.ts';
import { foldCase, type SqlToken, sqlTokens } from './sql-tokens.ts';
import type { TableLayout } from './table-layout.ts';
import { type ColumnStructure, parseTable, type TableStructure } from './table-structure.ts';
import { UnknownStructure } from './token-reader.ts';

/** A row of `sqlite_schema`; another program may have put anything into it. */
export type SchemaRow = Readonly<Record<'type' | 'name' | 'tbl_name' | 'sql', unknown>>;

/** All types that SQLite has; a row with another one means a damaged file, not a foreign definition. */
const TYPES: ReadonlySet<unknown> = new Set(['table', 'index', 'view', 'trigger']);
const SCHEMA_SQL = 'SELECT type, name, tbl_name, sql FROM sqlite_schema';
/** Tables that SQLite creates itself, with their exact definitions. */
const SQLITE_TABLES: ReadonlyMap<string, string> = new Map([
  ['sqlite_sequence', 'CREATE TABLE sqlite_sequence(name,seq)'],
  ['sqlite_stat1', 'CREATE TABLE sqlite_stat1(tbl,idx,stat)'],
  ['sqlite_stat4', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'],
]);
const KINDS: ReadonlySet<string> = new Set(['table TABLE', 'table VIRTUAL', 'view VIEW', 'trigger TRIGGER']);
/** The names of the rowid; a column of the same name hides it. */
const ROW_IDS: ReadonlySet<string> = new Set(['rowid', '_rowid_', 'oid']);
const MAX_SHOWN_NAME = 64;

export function readSchema(db: SqliteDatabase): SchemaRow[] {
  return db.prepare(SCHEMA_SQL).all() as SchemaRow[];
}

/**
 * Checks that a database has the tables that a tier expects, and nothing that would run with its statements or make
 * them fail: no trigger, view or virtual table under its names, no index except over plain columns, no computed column.
 * Reads `sqlite_schema` once, and executes nothing of it. Objects of other programs under other names are not
 * inspected.
 *
 * A definition identical to the tier's own is accepted as it is; any other is parsed by a small parser that rejects
 * every unknown construct, so that none is overlooked.
 */
export class StructureCheck {
  readonly #tier: string;
  readonly #tables: ReadonlyMap<string, TableStructure>;
  readonly #indexes: ReadonlyMap<string, IndexStructure>;
  /** By name: the tier's own definitions as SQLite stores them. An identical one need not be parsed. */
  readonly #verbatim: ReadonlyMap<string, string>;

  constructor(layout: TableLayout, tier: string) {
    this.#tier = tier;
    const [tables, indexes] = [tableDefinitions(layout), indexDefinitions(layout)];
    this.#tables = new Map(tables.map((sql) => byName(parseTable(sql))));
    this.#indexes = new Map(indexes.map((sql) => byName(parseIndex(sql))));
    const names = [...this.#tables.keys(), ...this.#indexes.keys()];
    this.#verbatim = new Map([...tables, ...indexes].map((sql, i) => [names[i]!, sql.replace(' IF NOT EXISTS', '')]));
  }

  /**
   * Throws a CacheStorageError with code `CACHE_SCHEMA_REFUSED` that names the object and the remedy, or, for rows that
   * no program can have added, an error like SQLite's of a damaged file. Returns how many indexes others added to the
   * tables.
   */
  check(rows: readonly SchemaRow[]): number {
    if (!rows.every(isReadable)) throw damagedSchema();
    const found = new Map<string, TableStructure>();
    // Added objects first: a table may differ because of them.
    const tables = rows.filter(({ type }) => type === 'table');
    const indexes = rows.filter(({ type }) => type === 'index');
    const others = rows.filter(({ type }) => type !== 'table' && type !== 'index');
    for (const row of [...others, ...tables]) this.#refuseUnknown(row, () => this.#checkRow(row, found));
    for (const row of indexes) this.#refuseUnknown(row, () => this.#checkIndex(row, found));
    return indexes.filter((row) => this.#isAdded(row)).length;
  }

  /** The names of the tables and indexes that a tier creates, in lower case. */
  get names(): readonly string[] {
    return [...this.#tables.keys(), ...this.#indexes.keys()];
  }

  #isAdded({ name, tbl_name: table, sql }: SchemaRow): boolean {
    return sql !== null && this.#tables.has(foldCase(String(table))) && !this.#indexes.has(foldCase(String(name)));
  }

  /** Like `check`, for the table with the schema version only: the others may be of a newer version. */
  checkVersionsTable(rows: readonly SchemaRow[]): void {
    const named = (row: SchemaRow) => [row.name, row.tbl_name].some((name) => foldCase(String(name)) === VERSIONS);
    this.check(rows.filter((row) => named(row) || !isReadable(row)));
  }

  /**
   * Like `check`, for added objects only, as in a damaged file the known tables may be in any state. If some rows
   * cannot be read at all, the user could not remove the objects that the other rows seem to name, so nothing is
   * refused.
   */
  checkAdded(rows: readonly SchemaRow[]): void {
    if (!rows.every(isReadable)) return;
    const known = (row: SchemaRow) => {
      const name = foldCase(String(row.name));
      return this.#tables.has(name) || this.#indexes.has(name);
    };
    for (const row of rows) {
      if (known(row)) continue;
      if (row.type === 'index') this.#refuseUnknown(row, () => this.#checkIndex(row, this.#tables));
      else this.#refuseUnknown(row, () => this.#checkRow(row, new Map()));
    }
  }

  #refuseUnknown(row: SchemaRow, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (error instanceof UnknownStructure) throw this.#refusal(row, error.message);
      throw error;
    }
  }

  #checkRow(row: SchemaRow, found: Map<string, TableStructure>): void {
    const name = foldCase(String(row.name));
    if (this.#isVerbatim(row, 'table')) {
      found.set(name, this.#tables.get(name)!);
      return;
    }
    const system = SQLITE_TABLES.get(name);
    if (system !== undefined && row.type === 'table' && row.sql === system) return;
    if (name.startsWith('sqlite_'))
      throw new UnknownStructure('it is not the table that SQLite creates under this name');
    const tokens = tokensOf(row);
    const kind = tokens[1]?.text.toUpperCase() ?? '';
    const written = tokens[kind === 'VIRTUAL' ? 3 : 2];
    if (!KINDS.has(`${String(row.type)} ${kind}`) || written === undefined || foldCase(written.text) !== name)
      throw new UnknownStructure('its definition is for another object');
    if (kind === 'TRIGGER') {
      this.#checkTrigger(row, tokens);
      return;
    }
    if (this.#indexes.has(name)) throw new UnknownStructure('it has the name of one of our indexes');
    const expected = this.#tables.get(name);
    if (expected === undefined) {
      this.#checkForeign(tokens);
      return;
    }
    if (kind !== 'TABLE') throw new UnknownStructure('it is in the place of one of our tables');
    const table = parseTable(String(row.sql));
    compare(table, expected);
    found.set(name, table);
  }

  /** A trigger that names one of our tables anywhere may be on it, or write to it. */
  #checkTrigger({ tbl_name: table }: SchemaRow, tokens: readonly SqlToken[]): void {
    const names = [foldCase(String(table)), ...tokens.map(({ text }) => foldCase(text))];
    const touched = names.find((name) => this.#tables.has(name) || SQLITE_TABLES.has(name));
    if (touched !== undefined) throw new UnknownStructure(`it would run on changes of ${touched}, or change it`);
  }

  /**
   * A foreign key on our table blocks deletes of its rows, or deletes rows of the other table, which may run its
   * triggers.
   */
  #checkForeign(tokens: readonly SqlToken[]): void {
    tokens.forEach(({ kind, text }, i) => {
      const target = foldCase(tokens[i + 1]?.text ?? '');
      if (kind === 'word' && text.toUpperCase() === 'REFERENCES' && this.#tables.has(target))
        throw new UnknownStructure(`it refers to ${target}, and would block deletes there`);
    });
  }

  #checkIndex(row: SchemaRow, found: ReadonlyMap<string, TableStructure>): void {
    const name = foldCase(String(row.name));
    // SQLite creates it with its table, whose definition is checked.
    if (row.sql === null && name.startsWith('sqlite_autoindex_')) return;
    if (this.#isVerbatim(row, 'index')) return;
    const index = parseIndex(String(row.sql));
    if (index.name !== name) throw new UnknownStructure('its definition is for another object');
    if (this.#tables.has(name)) throw new UnknownStructure('it has the name of one of our tables');
    const expected = this.#indexes.get(name);
    if (expected !== undefined) {
      if (!isSameIndex(index, expected)) throw new UnknownStructure('it differs from our index of this name');
      return;
    }
    if (!this.#tables.has(index.table)) return;
    if (index.isUnique) throw new UnknownStructure('a UNIQUE index, which would refuse entries');
    if (index.rest !== '') throw new UnknownStructure('a partial index, whose condition would run');
    const columns = found.get(index.table)?.columns;
    if (!index.columns?.every((column) => columns?.has(column)))
      throw new UnknownStructure('an index over an expression, which would run');
  }

  #isVerbatim({ type, name, sql }: SchemaRow, expected: 'table' | 'index'): boolean {
    return type === expected && typeof name === 'string' && sql === this.#verbatim.get(name);
  }

  #refusal(row: SchemaRow, problem: string): CacheStorageError {
    const { type } = row;
    const kind = type === 'trigger' || type === 'view' || type === 'index' ? type : 'table';
    const name = printable(row.name);
    const isTable = kind === 'table' && this.#tables.has(foldCase(String(row.name)));
    const isVirtual = /^CREATE\s+VIRTUAL/i.test(String(row.sql));
    const remedy =
      isTable && !isVirtual
        ? `recreate the table without it, or move the file away, and an empty one is created in its place`
        : `if it is not needed: DROP ${kind.toUpperCase()} ${name};`;
    return new CacheStorageError(
      `${this.#tier}: the database contains the ${isVirtual ? 'virtual ' : ''}${kind} ${name}: ${problem}. It was left as it is; ${remedy}`,
      { tier: this.#tier, code: CacheErrorCode.SCHEMA_REFUSED },
    );
  }
}

/** U+FFFD means bytes that are not valid in the encoding that the file declares. */
function isReadable({ type, name, tbl_name: table, sql }: SchemaRow): boolean {
  const isText = (value: unknown) => typeof value === 'string' && !value.includes('\ufffd');
  return TYPES.has(type) && isText(name) && isText(table) && (sql === null || typeof sql === 'string');
}

function damagedSchema(): Error {
  return Object.assign(new Error('the schema has rows that cannot be read'), { code: 'SQLITE_CORRUPT_SCHEMA' });
}

function byName<T extends { readonly name: string }>(structure: T): [string, T] {
  return [structure.name, structure];
}

function tokensOf(row: SchemaRow): SqlToken[] {
  const tokens = typeof row.sql === 'string' ? sqlTokens(row.sql) : undefined;
  if (tokens === undefined) throw new UnknownStructure('a definition that cannot be read');
  return tokens;
}

function compare(table: TableStructure, expected: TableStructure): void {
  if (table.isWithoutRowId !== expected.isWithoutRowId)
    throw new UnknownStructure(`it ${expected.isWithoutRowId ? 'lacks' : 'has'} WITHOUT ROWID`);
  for (const [name, column] of expected.columns) {
    const found = table.columns.get(name);
    if (found === undefined && (column.isNotNull || column.isPrimaryKey))
      throw new UnknownStructure(`it has no column ${name}: it is not a cache`);
    if (found !== undefined && !isSameColumn(found, column))
      throw new UnknownStructure(`its column ${name} is declared differently`);
  }
  for (const [name, column] of table.columns) {
    if (expected.columns.has(name)) continue;
    if (ROW_IDS.has(name)) throw new UnknownStructure(`a column ${name}, which hides the rowid`);
    const isPlain = !column.isPrimaryKey && column.references === '' && (!column.isNotNull || column.hasDefault);
    if (!isPlain) throw new UnknownStructure('an additional column that would refuse entries');
  }
  if (String(table.primaryKey) !== String(expected.primaryKey))
    throw new UnknownStructure('its PRIMARY KEY is different');
}

/** A column that accepts more than ours is harmless. */
function isSameColumn(found: ColumnStructure, expected: ColumnStructure): boolean {
  return (
    found.type === expected.type &&
    found.isPrimaryKey === expected.isPrimaryKey &&
    found.references === expected.references &&
    (!found.isNotNull || expected.isNotNull)
  );
}

function isSameIndex(a: IndexStructure, b: IndexStructure): boolean {
  return (
    a.table === b.table &&
    !a.isUnique &&
    a.rest === b.rest &&
    a.columns !== undefined &&
    String(a.columns) === String(b.columns)
  );
}

/** Quoted for SQL; as a name may contain anything and is shown to people, control characters are replaced. */
function printable(name: unknown): string {
  const text = String(name).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  const shown = text.length > MAX_SHOWN_NAME ? `${text.slice(0, MAX_SHOWN_NAME)}…` : text;
  return `"${shown.replaceAll('"', '""')}"`;
}
