import { CacheErrorCode, CacheStorageError } from '@pw/cache-models';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { type IndexStructure, parseIndex } from './index-structure.ts';
import { indexDefinitions, tableDefinitions, VERSIONS } from './schema-definitions.ts';
import { foldCase, type SqlToken, sqlTokens } from './sql-tokens.ts';
import type { TableLayout } from './table-layout.ts';
import { type ColumnStructure, parseTable, type TableStructure } from './table-structure.ts';
import { UnknownStructure } from './token-reader.ts';

/** A row of `sqlite_schema`; whoever prepared the file may have put anything into it. */
export type SchemaRow = Readonly<Record<'type' | 'name' | 'tbl_name' | 'sql', unknown>>;

/** All that SQLite has; in any other row it is not a definition that is at fault, but the file. */
const TYPES: ReadonlySet<unknown> = new Set(['table', 'index', 'view', 'trigger']);
const SCHEMA_SQL = 'SELECT type, name, tbl_name, sql FROM sqlite_schema';
/** What SQLite itself keeps beside the tables, as it makes it. */
const SQLITE_TABLES: ReadonlyMap<string, string> = new Map([
  ['sqlite_sequence', 'CREATE TABLE sqlite_sequence(name,seq)'],
  ['sqlite_stat1', 'CREATE TABLE sqlite_stat1(tbl,idx,stat)'],
  ['sqlite_stat4', 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'],
]);
const KINDS: ReadonlySet<string> = new Set(['table TABLE', 'table VIRTUAL', 'view VIEW', 'trigger TRIGGER']);
/** The names of a row's id; a column that is named so takes its place. */
const ROW_IDS: ReadonlySet<string> = new Set(['rowid', '_rowid_', 'oid']);
const LONGEST_NAME = 64;

export function readSchema(db: SqliteDatabase): SchemaRow[] {
  return db.prepare(SCHEMA_SQL).all() as SchemaRow[];
}

/**
 * Tells whether a database holds what a tier expects and nothing that would run, or refuse, along with its statements: no trigger, view
 * or virtual table under its names, no index but over plain columns, no column that is computed. Reads `sqlite_schema` once,
 * and runs nothing of it. What other programs keep beside, under other names, is not looked into.
 */
export class StructureCheck {
  readonly #tier: string;
  readonly #tables: ReadonlyMap<string, TableStructure>;
  readonly #indexes: ReadonlyMap<string, IndexStructure>;
  /** By name: what SQLite keeps of a definition that the tier made. Who has the same text need not be taken apart. */
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
   * Throws a CacheStorageError with code `CACHE_SCHEMA_REFUSED` that names the object and the remedy, or, for rows that no program could have
   * put there, an error as SQLite's of a damaged file. Returns how many indexes others added to the tables.
   */
  check(rows: readonly SchemaRow[]): number {
    if (!rows.every(isReadable)) throw damagedSchema();
    const found = new Map<string, TableStructure>();
    // What was added comes first: a table that differs may do so because of it.
    const tables = rows.filter(({ type }) => type === 'table');
    const indexes = rows.filter(({ type }) => type === 'index');
    const others = rows.filter(({ type }) => type !== 'table' && type !== 'index');
    for (const row of [...others, ...tables]) this.#guarded(row, () => this.#checkRow(row, found));
    for (const row of indexes) this.#guarded(row, () => this.#checkIndex(row, found));
    return indexes.filter((row) => this.#isAdded(row)).length;
  }

  /** The names of the tables and of the indexes that a tier makes, folded. */
  get names(): readonly string[] {
    return [...this.#tables.keys(), ...this.#indexes.keys()];
  }

  #isAdded({ name, tbl_name: table, sql }: SchemaRow): boolean {
    return sql !== null && this.#tables.has(foldCase(String(table))) && !this.#indexes.has(foldCase(String(name)));
  }

  /** As `check`, of the table alone that holds the version: the rest may be of a newer one. */
  checkVersionsTable(rows: readonly SchemaRow[]): void {
    const named = (row: SchemaRow) => [row.name, row.tbl_name].some((name) => foldCase(String(name)) === VERSIONS);
    this.check(rows.filter((row) => named(row) || !isReadable(row)));
  }

  /**
   * As `check`, of what was added alone: in a damaged file the tables that are known may be in any state. Where rows cannot be read at
   * all, nobody could remove what the others seem to name.
   */
  checkAdded(rows: readonly SchemaRow[]): void {
    if (!rows.every(isReadable)) return;
    const known = (row: SchemaRow) => {
      const name = foldCase(String(row.name));
      return this.#tables.has(name) || this.#indexes.has(name);
    };
    for (const row of rows) {
      if (known(row)) continue;
      if (row.type === 'index') this.#guarded(row, () => this.#checkIndex(row, this.#tables));
      else this.#guarded(row, () => this.#checkRow(row, new Map()));
    }
  }

  #guarded(row: SchemaRow, check: () => void): void {
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
    if (name.startsWith('sqlite_')) throw new UnknownStructure('it is not what SQLite keeps under this name');
    const tokens = tokensOf(row);
    const kind = tokens[1]?.text.toUpperCase() ?? '';
    const written = tokens[kind === 'VIRTUAL' ? 3 : 2];
    if (!KINDS.has(`${String(row.type)} ${kind}`) || written === undefined || foldCase(written.text) !== name)
      throw new UnknownStructure('its definition is about something else');
    if (kind === 'TRIGGER') {
      this.#checkTrigger(row, tokens);
      return;
    }
    if (this.#indexes.has(name)) throw new UnknownStructure('it takes the name of an index');
    const expected = this.#tables.get(name);
    if (expected === undefined) {
      this.#checkForeign(tokens);
      return;
    }
    if (kind !== 'TABLE') throw new UnknownStructure('it takes the place of a table');
    const table = parseTable(String(row.sql));
    compare(table, expected);
    found.set(name, table);
  }

  /** One that names a table of ours anywhere may be on it, or write to it. */
  #checkTrigger({ tbl_name: table }: SchemaRow, tokens: readonly SqlToken[]): void {
    const names = [foldCase(String(table)), ...tokens.map(({ text }) => foldCase(text))];
    const touched = names.find((name) => this.#tables.has(name) || SQLITE_TABLES.has(name));
    if (touched !== undefined) throw new UnknownStructure(`it would run with what is done to ${touched}`);
  }

  /** A row that refers to an entry keeps it from being deleted, or is deleted along with whatever that sets off. */
  #checkForeign(tokens: readonly SqlToken[]): void {
    tokens.forEach(({ kind, text }, i) => {
      const target = foldCase(tokens[i + 1]?.text ?? '');
      if (kind === 'word' && text.toUpperCase() === 'REFERENCES' && this.#tables.has(target))
        throw new UnknownStructure(`it refers to ${target}, whose rows it would hold`);
    });
  }

  #checkIndex(row: SchemaRow, found: ReadonlyMap<string, TableStructure>): void {
    const name = foldCase(String(row.name));
    // SQLite makes it along with its table, whose definition tells of it.
    if (row.sql === null && name.startsWith('sqlite_autoindex_')) return;
    if (this.#isVerbatim(row, 'index')) return;
    const index = parseIndex(String(row.sql));
    if (index.name !== name) throw new UnknownStructure('its definition is about something else');
    if (this.#tables.has(name)) throw new UnknownStructure('it takes the name of a table');
    const expected = this.#indexes.get(name);
    if (expected !== undefined) {
      if (!isSameIndex(index, expected)) throw new UnknownStructure(`it is not the index of this name`);
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
        ? `make it again without, or move the file away: an empty one is made in its place`
        : `if it is not needed: DROP ${kind.toUpperCase()} ${name};`;
    return new CacheStorageError(
      `${this.#tier}: the database holds the ${isVirtual ? 'virtual ' : ''}${kind} ${name}: ${problem}. It was left as it is; ${remedy}`,
      { tier: this.#tier, code: CacheErrorCode.SCHEMA_REFUSED },
    );
  }
}

/** U+FFFD stands for bytes that are no text in the encoding which the file says it has. */
function isReadable({ type, name, tbl_name: table, sql }: SchemaRow): boolean {
  const isText = (value: unknown) => typeof value === 'string' && !value.includes('\ufffd');
  return TYPES.has(type) && isText(name) && isText(table) && (sql === null || typeof sql === 'string');
}

function damagedSchema(): Error {
  return Object.assign(new Error('rows of the schema that cannot be read'), { code: 'SQLITE_CORRUPT_SCHEMA' });
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
    throw new UnknownStructure('WITHOUT ROWID is not as it should be');
  for (const [name, column] of expected.columns) {
    const found = table.columns.get(name);
    if (found === undefined && (column.isNotNull || column.isPrimaryKey))
      throw new UnknownStructure(`it has no column ${name}: it is not a cache`);
    if (found !== undefined && !isSameColumn(found, column))
      throw new UnknownStructure(`its column ${name} is another one`);
  }
  for (const [name, column] of table.columns) {
    if (expected.columns.has(name)) continue;
    if (ROW_IDS.has(name))
      throw new UnknownStructure(`a column ${name}, which hides what SQLite tells its rows apart by`);
    const isPlain = !column.isPrimaryKey && column.references === '' && (!column.isNotNull || column.hasDefault);
    if (!isPlain) throw new UnknownStructure('a column of its own that refuses entries');
  }
  if (String(table.primaryKey) !== String(expected.primaryKey))
    throw new UnknownStructure('its PRIMARY KEY is another one');
}

/** One that takes more than it has to is harmless. */
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

/** As SQL takes it; a name may hold anything, and is shown to people. */
function printable(name: unknown): string {
  const text = String(name).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  const shown = text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text;
  return `"${shown.replaceAll('"', '""')}"`;
}
