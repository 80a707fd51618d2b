import {
  type CacheEntry,
  type CountRange,
  DEFAULT_PAGE_SIZE,
  type EntryFilter,
  type EntryLabels,
  type EntryOrder,
  type TimeRange,
} from '@pw/cache-models';
import { formatCursor, labelTest, parseCursor, toInstant } from '@pw/cache-models/tier';
import { type EntryRow, selectFrom, selectRows } from '../rows/entry-row.ts';
import { At, type StoredValue, seconds } from '../rows/entry-values.ts';
import { boundedValue } from '../rows/value-limits.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { ORDER_INDEXES } from './filter-indexes.ts';
import { addLabels, keysOf, type WantedLabel, wantedLabels } from './label-filter.ts';
import { SqlConditions } from './sql-conditions.ts';

interface Order {
  readonly sql: string;
  /** Index of the value in a row. */
  readonly at: number;
  /** Used for NULL. */
  readonly missing?: number;
  /** Orders rows of the same value, before the key does. */
  readonly second?: { readonly sql: string; readonly at: number };
}

/** Only these expressions name columns: a caller's value is looked up here, and never becomes part of the SQL. */
const ORDERS: Readonly<Record<Exclude<EntryOrder, 'random'>, Order>> = {
  key: { sql: 'c.key', at: At.KEY },
  source: { sql: 'c.source', at: At.SOURCE },
  fetchTime: { sql: 'c.fetch_time', at: At.FETCH_TIME },
  lastAccessed: { sql: 'c.last_accessed', at: At.LAST_ACCESSED },
  accessCount: { sql: 'c.access_count', at: At.ACCESS_COUNT },
  expiresAt: { sql: 'c.expires_at', at: At.EXPIRES_AT },
  failureCount: { sql: 'c.failure_count', at: At.FAILURE_COUNT },
  nextCheckTime: { sql: 'ifnull(c.next_check_time, 9e99)', at: At.NEXT_CHECK_TIME },
  leastUsed: {
    sql: 'ifnull(c.access_count, 0)',
    at: At.ACCESS_COUNT,
    missing: 0,
    second: { sql: 'c.last_accessed', at: At.LAST_ACCESSED },
  },
};
const DUE = 'c.next_check_time';
const NO_CHECK = 9e99;
const URL_SQL = boundedValue('c', 'proxy_url');

/** A checked filter as SQL. The cursor is a value and a key, so a page costs the same however far down it is. */
export class EntryQuery {
  readonly sql: string;
  readonly values: readonly StoredValue[];
  readonly limit: number;
  readonly #matchesLabels: (labels: EntryLabels) => boolean;
  readonly #orderBy: EntryOrder;
  readonly #direction: 'asc' | 'desc';

  /**
   * `driver` is the label whose keys are walked, as `drivingLabel` chose it. Throws a CacheValidationError for a cursor
   * of another order.
   */
  constructor(filter: EntryFilter, layout: TableLayout, now: number, driver?: WantedLabel) {
    this.#orderBy = filter.orderBy ?? 'key';
    this.#direction = filter.direction ?? 'asc';
    this.#matchesLabels = labelTest(filter.labels ?? {});
    this.limit = filter.limit ?? DEFAULT_PAGE_SIZE;
    const keys = driver === undefined ? undefined : keysOf(layout.labels!, driver);
    const from =
      keys === undefined ? `${layout.table} c` : `${keys.sql} k CROSS JOIN ${layout.table} c ON c.key = k.key`;
    const conditions = conditionsOf(filter, now);
    // All walked keys have the driving label, so it needs no condition.
    const others = wantedLabels(filter).filter(({ name }) => name !== driver?.name);
    if (layout.labels !== null) addLabels(conditions, layout.labels, others);
    // For one name and value the keys are in order.
    const isInOrder = this.#orderBy === 'key' && driver?.values.length === 1;
    const order = this.#orderOf(filter, isInOrder);
    this.#startAfter(filter.cursor, order, conditions);
    this.values = [...(keys?.values ?? []), ...conditions.values, this.limit + 1];
    const by = order.map((column) => `${column} ${this.#direction}`).join(', ');
    // One more row than requested shows whether there is a next page.
    const some = `${conditions.where} ORDER BY ${by} LIMIT ?`;
    const isSorted = driver === undefined ? ORDER_INDEXES[this.#orderBy] === null && order[0] !== DUE : !isInOrder;
    // Only rowids are sorted: sorting rows would join all matches with their side rows.
    this.sql = isSorted
      ? `${selectRows(layout)} WHERE c.rowid IN (SELECT c.rowid FROM ${from} ${some}) ORDER BY ${by}`
      : `${selectFrom(layout, from)} ${some}`;
  }

  /** True for an entry that has the labels now; a row found through the table of labels may not. */
  hasLabels(entry: CacheEntry): boolean {
    return this.#matchesLabels(entry.labels);
  }

  /** The cursor of the next page. A row so damaged that it has no position is skipped: it will be set aside. */
  cursorAfter(page: readonly EntryRow[]): string | null {
    const [orderBy, direction] = [this.#orderBy, this.#direction];
    if (orderBy === 'random') return null;
    const type = orderBy === 'key' || orderBy === 'source' ? 'string' : 'number';
    const order = ORDERS[orderBy];
    for (const row of page.toReversed()) {
      const value = row[order.at] ?? order.missing ?? NO_CHECK;
      const key = row[At.KEY];
      const second = order.second === undefined ? undefined : row[order.second.at];
      if (typeof value !== type || typeof key !== 'string') continue;
      if (order.second !== undefined && typeof second !== 'number') continue;
      return formatCursor({ orderBy, direction, value: value as string | number, second: second as number, key });
    }
    return null;
  }

  /** SQL: the order of the rows, the key last. */
  #orderOf({ checkDueBy }: EntryFilter, isByLabel: boolean): string[] {
    const orderBy = this.#orderBy;
    // If the keys of a label are walked, SQLite recognizes only `k.key` as already sorted.
    if (orderBy === 'key') return [isByLabel ? 'k.key' : 'c.key'];
    if (orderBy === 'random') return ['random()'];
    const { sql, second } = ORDERS[orderBy];
    // Only entries with a next check can be due, and without the ifnull() the index provides the order.
    const first = orderBy === 'nextCheckTime' && checkDueBy !== undefined ? DUE : sql;
    return second === undefined ? [first, 'c.key'] : [first, second.sql, 'c.key'];
  }

  #startAfter(cursor: string | undefined, order: readonly string[], conditions: SqlConditions): void {
    if (cursor === undefined) return;
    const { value, second, key } = parseCursor(cursor, this.#orderBy, this.#direction);
    const compare = this.#direction === 'asc' ? '>' : '<';
    if (order.length === 1) conditions.add(`${order[0]} ${compare} ?`, key);
    else {
      const values = second === undefined ? [value, key] : [value, second, key];
      conditions.add(`(${order.join(', ')}) ${compare} (${values.map(() => '?').join(', ')})`, ...values);
    }
  }
}

function conditionsOf(filter: EntryFilter, now: number): SqlConditions {
  const conditions = new SqlConditions();
  const sources = toList(filter.source);
  const states = toList(filter.healthStatus);
  if (sources !== undefined) conditions.addOneOf('c.source', sources);
  if (states !== undefined) conditions.addOneOf('c.health_status', states);
  addTimes(conditions, 'c.expires_at', filter.expiresAt);
  addTimes(conditions, 'c.last_accessed', filter.lastAccessed);
  addCounts(conditions, 'c.failure_count', filter.failureCount);
  if (filter.checkDueBy !== undefined)
    conditions.add('unlikely(c.next_check_time <= ?)', seconds(toInstant(filter.checkDueBy)!));
  // The plus keeps SQLite from using the index of expiry, as nearly every row satisfies the condition.
  if (filter.includeExpired !== true) conditions.add('+c.expires_at > ?', seconds(now));
  addUrl(conditions, filter);
  return conditions;
}

function addUrl(conditions: SqlConditions, { protocol, text }: EntryFilter): void {
  const schemes = toList(protocol);
  if (schemes !== undefined) {
    const scheme = `substr(${URL_SQL}, 1, max(0, instr(${URL_SQL}, '://') - 1))`;
    conditions.addOneOf(`lower(${scheme})`, schemes);
  }
  // Not LIKE, which stops at a NUL and interprets % and _.
  if (text !== undefined) conditions.add(`instr(lower(${URL_SQL}), lower(?)) > 0`, text);
}

/**
 * `unlikely` tells SQLite that a range of times usually matches few entries. Without it, SQLite would walk the index of
 * the order.
 */
function addTimes(conditions: SqlConditions, column: string, range: TimeRange | undefined): void {
  if (range?.from !== undefined) conditions.add(`unlikely(${column} >= ?)`, seconds(toInstant(range.from)!));
  if (range?.to !== undefined) conditions.add(`unlikely(${column} < ?)`, seconds(toInstant(range.to)!));
}

function addCounts(conditions: SqlConditions, column: string, range: CountRange | undefined): void {
  if (range?.min !== undefined) conditions.add(`${column} >= ?`, range.min);
  if (range?.max !== undefined) conditions.add(`${column} <= ?`, range.max);
}

function toList<T extends string>(value: T | readonly T[] | undefined): readonly T[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? [value] : value;
}
