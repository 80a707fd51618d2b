import { CacheCorruptionError } from '@pw/cache-models';
import { type EntryRow, selectRows } from '../rows/entry-row.ts';
import type { EntryStatements } from '../rows/entry-statements.ts';
import { At } from '../rows/entry-values.ts';
import { isOwnRowId } from '../rows/row-id-space.ts';
import { ROWS_BEFORE_LOG, SEEN_ROWS, UNSEEN_BELOW } from '../schema/schema-definitions.ts';

/** Rows adopted in one transaction: some milliseconds. */
const ADOPTED_AT_ONCE = 200;
/** The highest rows, among which a scan finds the rows that it starts from next time. */
const TOP_ROWS = 256;

/** A row that was found damaged when it was to be adopted. */
export interface DamagedForeignRow {
  readonly row: EntryRow;
  readonly error: unknown;
}

/** The part of a store that adopts rows. */
export interface AdoptingStore {
  readonly statements: EntryStatements;
  readonly log: { disown(): void };
  readonly marks: { markEntry(key: string): void };
  adopt(row: EntryRow, now: number, isMarked: boolean): void;
}

/** What an adoption did. */
export interface Adoption {
  readonly damaged: readonly DamagedForeignRow[];
  /** True if more rows are left. */
  readonly isMore: boolean;
}

/**
 * Finds rows that another program has stored since they were last looked for.
 *
 * SQLite gives a new row the rowid after the highest. So as long as some row stays where it is, every row that is
 * stored after it gets a higher rowid. The database notes such a row ({@link SEEN_ROWS}); `#anchors` are later ones,
 * highest first, of which some may have been removed meanwhile. If none is left, all rowids since the log began are
 * examined. One of ours could be removed, and its rowid be given again above a row of another program:
 * {@link noteForeignTop} notes that. Rowids may have 64 bits, so they stay bigints.
 */
export class ForeignRows {
  #anchors: bigint[] = [];
  /** The `data_version` at which there were none. */
  #noneAt: number | undefined;
  #adoptions = 0;

  /** Grows with each transaction that adopted rows: this connection wrote them into the log, but they are of others. */
  get adoptions(): number {
    return this.#adoptions;
  }

  /** True if there are such rows. If no other connection has written since it was false, it is false. */
  isDue(statements: EntryStatements): boolean {
    const version = statements.dataVersion();
    if (version === this.#noneAt) return false;
    if (isUnseenBelow(statements) || this.#find(statements, 1).length > 0) return true;
    this.#anchors = ownRowsAtTop(statements);
    this.#noneAt = version;
    return false;
  }

  /**
   * Makes some of these rows ours: from then on they have a version, and a row in the log. Runs inside a write
   * transaction. A damaged row stays as it is: the caller sets it aside.
   */
  adopt(store: AdoptingStore, now: number, isMarked: boolean): Adoption {
    const rowIds = this.#find(store.statements, ADOPTED_AT_ONCE);
    const select = `${selectRows(store.statements.layout)} WHERE c.rowid = ?`;
    store.log.disown();
    this.#adoptions++;
    const damaged: DamagedForeignRow[] = [];
    for (const rowId of rowIds) {
      const row = store.statements.of(select).raw().get(rowId) as EntryRow;
      try {
        store.adopt(row, now, isMarked);
        if (isMarked) store.marks.markEntry(row[At.KEY] as string);
      } catch (error) {
        if (!(error instanceof CacheCorruptionError)) throw error;
        damaged.push({ row, error });
      }
    }
    const isMore = rowIds.length === ADOPTED_AT_ONCE;
    this.#anchors = [];
    if (!isMore) seeAllRows(store.statements);
    return { damaged, isMore };
  }

  #find(statements: EntryStatements, limit: number): bigint[] {
    const { table } = statements.layout;
    const isThere = statements.of(`SELECT 1 FROM ${table} WHERE rowid = ?`);
    const isUsable = (rowId: bigint) => isThere.get(rowId) !== undefined;
    const anchor = isUnseenBelow(statements) ? undefined : this.#anchors.find(isUsable);
    if (anchor === undefined) return findAfterSeen(statements, limit);
    const sql = `SELECT rowid FROM ${table} WHERE rowid > ? AND NOT ${isOwnRowId('rowid')} ORDER BY rowid LIMIT ?`;
    return statements.of(sql).pluck().safeIntegers().all(anchor, limit) as bigint[];
  }
}

/** Notes that no row of another program is left to be adopted, if that is so. Runs inside a write transaction. */
export function noteSeenRows(statements: EntryStatements): void {
  if (findAfterSeen(statements, 1).length === 0) seeAllRows(statements);
}

function findAfterSeen(statements: EntryStatements, limit: number): bigint[] {
  const { table, cursors } = statements.layout;
  const start = isUnseenBelow(statements) ? [ROWS_BEFORE_LOG] : [SEEN_ROWS, ROWS_BEFORE_LOG];
  const from = start.map(
    (name) => `(SELECT position FROM ${cursors} WHERE tier_id = ${name} AND position IN (SELECT rowid FROM ${table}))`,
  );
  const sql = `SELECT rowid FROM ${table} WHERE rowid > coalesce(${from.join(', ')}, -9223372036854775808, 0) AND NOT ${isOwnRowId('rowid')} ORDER BY rowid LIMIT ?`;
  return statements.of(sql).pluck().safeIntegers().all(limit) as bigint[];
}

function seeAllRows(statements: EntryStatements): void {
  const { table, cursors } = statements.layout;
  const sql = `INSERT INTO ${cursors} (tier_id, position) SELECT ${SEEN_ROWS}, ifnull(max(rowid), 0) FROM ${table} WHERE true
    ON CONFLICT(tier_id) DO UPDATE SET position = excluded.position`;
  statements.of(sql).run();
  statements.of(`DELETE FROM ${cursors} WHERE tier_id = ${UNSEEN_BELOW}`).run();
}

/**
 * To be called inside a write transaction before a row of ours is stored above one of another program, which may not
 * have been adopted yet.
 */
export function noteForeignTop(statements: EntryStatements): void {
  const { table, cursors } = statements.layout;
  const isSeen = `SELECT 1 FROM ${cursors} WHERE tier_id = ${SEEN_ROWS} AND position = (SELECT max(rowid) FROM ${table})`;
  statements.of(`INSERT OR IGNORE INTO ${cursors} SELECT ${UNSEEN_BELOW}, 1 WHERE NOT EXISTS (${isSeen})`).run();
  // If that row is gone, its rowid may be given again as well.
  const gone = `tier_id = ${ROWS_BEFORE_LOG} AND position NOT IN (SELECT rowid FROM ${table})`;
  statements.of(`DELETE FROM ${cursors} WHERE ${gone}`).run();
}

function isUnseenBelow(statements: EntryStatements): boolean {
  const { cursors } = statements.layout;
  return statements.of(`SELECT 1 FROM ${cursors} WHERE tier_id = ${UNSEEN_BELOW}`).get() !== undefined;
}

function ownRowsAtTop(statements: EntryStatements): bigint[] {
  const { table } = statements.layout;
  const sql = `SELECT rowid FROM ${table} WHERE ${isOwnRowId('rowid')} ORDER BY rowid DESC LIMIT ${TOP_ROWS}`;
  const top = statements.of(sql).pluck().safeIntegers().all() as bigint[];
  // The highest, the second, the fourth, and so on: whichever have been removed, few rows are examined again.
  return top.filter((_, at) => ((at + 1) & at) === 0);
}
