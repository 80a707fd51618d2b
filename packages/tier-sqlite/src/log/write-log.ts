import { isVersion, LOG_KEEPS, type LogRow, nextVersion } from '@pw/cache-models/tier';
import type { Statement } from 'better-sqlite3';
import type { EntryStatements } from '../rows/entry-statements.ts';
import { boundedNumber, isKey } from '../rows/value-limits.ts';
import { LOG_ID, PRUNED } from '../schema/schema-definitions.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { OwnWrites } from './own-writes.ts';

/**
 * Positions from here on are implausible: no clock and no count gets this far, so another program wrote them, and they
 * are ignored. Below, there is room for more writes than will ever be made.
 */
export const MAX_POSITION = 2 ** 53 - 2 ** 41;
/** A later clock counts as this time, in epoch milliseconds: the year 2223. */
const LATEST = 8e12;
/** Rows that this connection adds before it prunes, and rows pruned at a time: more than are added. */
const PRUNE_EVERY = 1000;
const PRUNED_AT_ONCE = 2000;
/** A log holds no more rows than this even if a tier above, which may never return, has not read them. */
const MOST_ROWS = 20 * LOG_KEEPS;

/** SQL: the position of the newest row. */
export function newestPosition({ changes }: Pick<TableLayout, 'changes'>): string {
  return `SELECT position FROM ${changes} WHERE position < ${MAX_POSITION} ORDER BY position DESC LIMIT 1`;
}

/** The least position for a new row: above the newest, and above other versions. */
export function nextPosition(now: number, ...above: readonly number[]): number {
  return nextVersion(Math.min(now, LATEST), ...above);
}

/**
 * The log of one connection: one row per write, which is added in the transaction of the write. Position and version
 * are the same, except for a write that was made elsewhere and keeps its version; its position is higher. So all
 * versions grow in the order of the transactions, and none is above the newest position. A version that is the same is
 * stored for updates only, and so tells them from other writes.
 *
 * `#newest` is valid within a transaction, in which no other connection adds rows; `begin` resets it.
 */
export class WriteLog {
  /** What this connection added, so that it is not reported as a change by others. */
  readonly own = new OwnWrites();
  readonly #statements: EntryStatements;
  readonly #selectNewest: Statement;
  readonly #insert: Statement;
  #newest: number | undefined;
  #id: number | undefined;
  /** The newest position when the transaction first asked for it. */
  #before = 0;
  #isOwn = true;
  #sincePruned = 0;

  constructor(statements: EntryStatements) {
    this.#statements = statements;
    const { layout } = statements;
    this.#selectNewest = statements.of(newestPosition(layout)).pluck();
    this.#insert = statements.of(`INSERT INTO ${layout.changes} (position, key, version) VALUES (?, ?, ?)`);
  }

  /** To be called at the beginning of each transaction. */
  begin(): void {
    this.#newest = undefined;
    this.#isOwn = true;
  }

  /** To be called after the commit. */
  committed(): void {
    if (this.#newest !== undefined && this.#isOwn) this.own.add(this.#before, this.#newest);
    this.#newest = undefined;
  }

  /** The position of the newest row; 0 for an empty log. */
  get newest(): number {
    if (this.#newest === undefined) {
      this.#newest = this.head();
      this.#before = this.#newest;
    }
    return this.#newest;
  }

  /** The version that the next write would get. */
  next(now: number, after: number): number {
    return nextPosition(now, this.newest, after);
  }

  /** Adds a write, and returns its version. `null` stands for all keys. */
  add(key: string | null, now: number, after = 0, isUpdate = false): number {
    const version = nextPosition(now, this.newest, after);
    this.#append(version, key, isUpdate ? version : null);
    return version;
  }

  /**
   * Adds a write that a base below misses. Its version is odd, as those of a base are not: the base may give one to
   * another write of the key at the same time.
   */
  addAlone(key: string, now: number): number {
    const version = this.next(now, 0) + 1;
    this.#append(version, key, null);
    return version;
  }

  /** Adds a write that was made elsewhere. */
  addAs(key: string | null, now: number, version: number): void {
    this.#append(nextPosition(now, this.newest, version), key, version);
  }

  /** The rows of this transaction are to be reported like those of others. */
  disown(): void {
    this.#isOwn = false;
  }

  #append(position: number, key: string | null, version: number | null): void {
    this.#insert.run(position, key, version);
    this.#newest = position;
    this.#sincePruned++;
  }

  /** Like `newest`, outside of a transaction. */
  head(): number {
    return (this.#selectNewest.get() as number | undefined) ?? 0;
  }

  /** The number by which the log is known; it never changes while this connection is open. */
  get id(): number {
    const { cursors } = this.#statements.layout;
    const sql = `SELECT ${boundedNumber('position')} FROM ${cursors} WHERE tier_id = ${LOG_ID}`;
    this.#id ??= versionOr0(this.#plucked(sql).get());
    return this.#id;
  }

  /** The highest position that was pruned. */
  pruned(): number {
    const { cursors } = this.#statements.layout;
    const sql = `SELECT ${boundedNumber('position')} FROM ${cursors} WHERE tier_id = ${PRUNED}`;
    return versionOr0(this.#plucked(sql).get());
  }

  /**
   * Rows after a position, at most `limit`. A row that cannot be read counts as one for all keys: it may have been for
   * any.
   */
  rowsAfter(position: number, limit: number): LogRow[] {
    const { changes } = this.#statements.layout;
    const key = `iif(${isKey('key')}, key, NULL)`;
    const sql = `SELECT position, ${key}, ${boundedNumber('version')} FROM ${changes}
      WHERE position > ? AND position < ${MAX_POSITION} ORDER BY position LIMIT ?`;
    const rows = this.#statements.of(sql).raw().all(position, limit) as [number, string | null, unknown][];
    return rows.map(([at, of, version]) => ({
      position: at,
      key: of,
      version: isVersion(version) ? version : at,
      isUpdate: version === at,
    }));
  }

  /**
   * The highest version of a write of a key, or of all keys, that is above a version and logged; 0 if there is none. As
   * no version is above its position, older rows need not be read.
   */
  newestAbove(version: number, key: string | null): number {
    const { changes } = this.#statements.layout;
    const of = key === null ? 'key IS NULL' : '(key = ? OR key IS NULL)';
    const sql = `SELECT max(ifnull(version, position)) FROM ${changes} WHERE position > ? AND position < ${MAX_POSITION} AND ${of}`;
    const newest = versionOr0(this.#plucked(sql).get(version, ...(key === null ? [] : [key])));
    return newest > version ? newest : 0;
  }

  cursorOf(tierId: string): number | undefined {
    const sql = `SELECT ${boundedNumber('position')} FROM ${this.#statements.layout.cursors} WHERE tier_id = ?`;
    const found = this.#plucked(sql).get(tierId);
    return isVersion(found) ? found : undefined;
  }

  /** Moves a cursor forward; false if it is there already. Runs inside a transaction, like all that follows. */
  moveCursor(tierId: string, position: number): boolean {
    const before = this.cursorOf(tierId);
    const after = Math.min(position, this.newest);
    if (before !== undefined && before >= after) return false;
    const sql = `INSERT INTO ${this.#statements.layout.cursors} (tier_id, position) VALUES (?, ?)
      ON CONFLICT(tier_id) DO UPDATE SET position = excluded.position`;
    this.#statements.of(sql).run(tierId, after);
    return true;
  }

  /** True once so many rows have been added that some should be pruned. */
  get isPruningDue(): boolean {
    return this.#sincePruned >= PRUNE_EVERY;
  }

  /**
   * Removes some of the oldest rows, but none of the newest {@link LOG_KEEPS}, and none that a tier above has not read,
   * unless there are too many.
   */
  prune(most = PRUNED_AT_ONCE): void {
    this.#sincePruned = 0;
    const kept = this.#nthNewest(LOG_KEEPS);
    if (kept === undefined) return;
    const { changes, cursors } = this.#statements.layout;
    const pruned = this.pruned();
    // A cursor behind what was pruned already holds nothing: its tier begins again.
    const least = `SELECT min(position) FROM ${cursors} WHERE typeof(tier_id) = 'text' AND position >= ?`;
    const read = (this.#plucked(least).get(pruned) as number | null) ?? kept;
    const held = read < kept ? (this.#nthNewest(MOST_ROWS) ?? 0) - 1 : 0;
    const some = `SELECT max(position) FROM (SELECT position FROM ${changes} WHERE position <= ? ORDER BY position LIMIT ?)`;
    const upTo = this.#plucked(some).get(Math.max(Math.min(read, kept - 1), held), most) as number | null;
    if (upTo === null) return;
    this.#statements.of(`DELETE FROM ${changes} WHERE position <= ?`).run(upTo);
    const note = `INSERT INTO ${cursors} (tier_id, position) VALUES (${PRUNED}, ?) ON CONFLICT(tier_id) DO UPDATE SET position = excluded.position`;
    this.#statements.of(note).run(upTo);
  }

  #plucked(sql: string): Statement {
    return this.#statements.of(sql).pluck();
  }

  #nthNewest(n: number): number | undefined {
    const sql = `SELECT position FROM ${this.#statements.layout.changes} WHERE position < ${MAX_POSITION} ORDER BY position DESC LIMIT 1 OFFSET ?`;
    return this.#plucked(sql).get(n - 1) as number | undefined;
  }
}

function versionOr0(value: unknown): number {
  return isVersion(value) ? value : 0;
}
