import type { Statement } from 'better-sqlite3';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { ENTRY_COLUMNS, sideColumns, type TableLayout, VERSION_COLUMN } from '../schema/table-layout.ts';
import { OPAQUE, OURS, selectRow } from './entry-row.ts';
import { isOwnRowId, nextRowId } from './row-id-space.ts';
import { boundedNumber, boundedValue } from './value-limits.ts';

/** The prepared statements of one connection: the frequent ones are prepared immediately, others when first used. */
export class EntryStatements {
  /** Binds the key twice. */
  readonly get: Statement;
  /** Our next rowid, and 1 if the highest is of another program. */
  readonly nextRowId: Statement;
  /** Binds the key. */
  readonly version: Statement;
  /** Binds rowid, the values in the table, and the two timestamps where the table has them. */
  readonly upsert: Statement;
  /** Binds key, rowid, both checksums, the version, and the values in the side table. */
  readonly upsertSide: Statement;
  readonly has: Statement;
  readonly delete: Statement;
  readonly #find: Statement;
  readonly #dataVersion: Statement;
  readonly #db: SqliteDatabase;
  readonly #others = new Map<string, Statement>();

  readonly layout: TableLayout;

  constructor(db: SqliteDatabase, layout: TableLayout) {
    this.#db = db;
    this.layout = layout;
    const { table } = layout;
    this.get = db.prepare(selectRow(layout)).raw();
    this.version = db
      .prepare(
        `SELECT iif(${OURS}, ${boundedNumber('s.version')}, 0) FROM ${table} c LEFT JOIN ${layout.side} s ON s.key = c.key WHERE c.key = ${OPAQUE}`,
      )
      .pluck();
    const expiresAt = boundedNumber('expires_at');
    const otherUrl = layout.isFull ? `, nullif(${boundedValue(table, 'proxy_url')}, ?)` : '';
    this.#find = db
      .prepare(`SELECT rowid, ${isOwnRowId('rowid')}, ${expiresAt}${otherUrl} FROM ${table} WHERE key = ?`)
      .raw();
    this.#dataVersion = db.prepare('PRAGMA data_version').pluck();
    this.nextRowId = db.prepare(nextRowId(table)).raw();
    this.upsert = db.prepare(upsertEntrySql(layout));
    this.upsertSide = db.prepare(upsertSideSql(layout));
    this.has = db.prepare(`SELECT 1 FROM ${table} WHERE key = ? AND expires_at > ?`).pluck();
    this.delete = db.prepare(`DELETE FROM ${table} WHERE key = ? RETURNING ${boundedNumber('expires_at')}`).pluck();
  }

  /**
   * The rowid of a key, 1 if it is one of ours, 0 if not, and when it expires; in a table with a history also the row's
   * URL if it differs from `url`.
   */
  find(key: string, url: string): [rowId: number, isOurs: 0 | 1, expiresAt: number, otherUrl?: unknown] | undefined {
    const row = this.layout.isFull ? this.#find.get(url, key) : this.#find.get(key);
    return row as [number, 0 | 1, number, unknown] | undefined;
  }

  /** Changes when another connection has written. */
  dataVersion(): number {
    return this.#dataVersion.get() as number;
  }

  /** A statement that is not cached, for SQL with too many variants. */
  once(sql: string): Statement {
    return this.#db.prepare(sql);
  }

  /** The cached statement for this SQL. There are few, as values are always bound. */
  of(sql: string): Statement {
    let statement = this.#others.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#others.set(sql, statement);
    }
    return statement;
  }
}

/** How many of the values, in the order of `ENTRY_COLUMNS`, are in the table itself. */
export function tableValueCount(layout: TableLayout): number {
  return ENTRY_COLUMNS.length - sideColumns(layout).length;
}

/**
 * An update keeps rowid and created_at. It also keeps the row, and with it its health history, which REPLACE would
 * delete by cascade.
 */
function upsertEntrySql(layout: TableLayout): string {
  const values = ENTRY_COLUMNS.slice(0, tableValueCount(layout));
  const columns = ['rowid', ...values, ...(layout.isFull ? ['created_at', 'updated_at'] : [])];
  const updated = columns.filter((name) => !['rowid', 'key', 'created_at'].includes(name));
  return upsertSql(layout.table, columns, updated);
}

function upsertSideSql(layout: TableLayout): string {
  const fixed = ['row_id', 'checksum', 'access_checksum', VERSION_COLUMN.name];
  const updated = [...fixed, ...sideColumns(layout).map(({ name }) => name)];
  return upsertSql(layout.side, ['key', ...updated], updated);
}

function upsertSql(table: string, columns: readonly string[], updated: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT(key) DO UPDATE SET ${updated.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}
