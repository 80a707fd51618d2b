import {
  type CountRange,
  DEFAULT_PAGE_SIZE,
  type EntryFilter,
  type EntryOrder,
  formatCursor,
  parseCursor,
  type TimeRange,
  toInstant,
} from '@pw/cache-models';
import { type EntryRow, selectRows } from './entry-row.ts';
import { At, type StoredValue, seconds } from './entry-values.ts';
import { SqlConditions } from './sql-conditions.ts';
import type { TableLayout } from './table-layout.ts';
import { boundedValue } from './value-limits.ts';

/** The only texts that name columns: what a caller writes is looked up here. `at` is where the value stands in a row. */
const ORDERS: Readonly<Record<EntryOrder, { readonly sql: string; readonly at: number }>> = {
  key: { sql: 'c.key', at: At.KEY },
  source: { sql: 'c.source', at: At.SOURCE },
  fetchTime: { sql: 'c.fetch_time', at: At.FETCH_TIME },
  lastAccessed: { sql: 'c.last_accessed', at: At.LAST_ACCESSED },
  accessCount: { sql: 'c.access_count', at: At.ACCESS_COUNT },
  expiresAt: { sql: 'c.expires_at', at: At.EXPIRES_AT },
  failureCount: { sql: 'c.failure_count', at: At.FAILURE_COUNT },
  nextCheckTime: { sql: 'ifnull(c.next_check_time, 9e99)', at: At.NEXT_CHECK_TIME },
};
const NO_CHECK = 9e99;
const URL_SQL = boundedValue('c', 'proxy_url');

/** A checked filter as SQL, with a cursor by value and key: a page costs the same however far down it is. */
export class EntryQuery {
  readonly sql: string;
  readonly values: readonly StoredValue[];
  readonly limit: number;
  readonly #orderBy: EntryOrder;
  readonly #orderSql: string;
  readonly #direction: 'asc' | 'desc';

  /** Throws a CacheValidationError for a cursor that is none of this order. */
  constructor(filter: EntryFilter, layout: TableLayout, now: number) {
    this.#orderBy = filter.orderBy ?? 'key';
    this.#direction = filter.direction ?? 'asc';
    this.limit = filter.limit ?? DEFAULT_PAGE_SIZE;
    // Only what has a next check is due, and without the ifnull() its index gives the order.
    const isDue = this.#orderBy === 'nextCheckTime' && filter.checkDueBy !== undefined;
    this.#orderSql = isDue ? 'c.next_check_time' : ORDERS[this.#orderBy].sql;
    const conditions = conditionsOf(filter, now);
    this.#startAfter(filter.cursor, conditions);
    const order = this.#orderBy === 'key' ? ['c.key'] : [this.#orderSql, 'c.key'];
    const by = order.map((column) => `${column} ${this.#direction}`).join(', ');
    this.sql = `${selectRows(layout)} ${conditions.where} ORDER BY ${by} LIMIT ?`;
    // One more than asked for tells whether there is a next page.
    this.values = [...conditions.values, this.limit + 1];
  }

  /** The cursor that goes on after a page. A row so damaged that it has no place is passed over: it will be set aside. */
  cursorAfter(page: readonly EntryRow[]): string | null {
    const type = this.#orderBy === 'key' || this.#orderBy === 'source' ? 'string' : 'number';
    for (const row of page.toReversed()) {
      const value = row[ORDERS[this.#orderBy].at] ?? NO_CHECK;
      const key = row[At.KEY];
      if (typeof value !== type || typeof key !== 'string') continue;
      return formatCursor({ orderBy: this.#orderBy, direction: this.#direction, value: value as string | number, key });
    }
    return null;
  }

  #startAfter(cursor: string | undefined, conditions: SqlConditions): void {
    if (cursor === undefined) return;
    const orderBy = this.#orderBy;
    const { value, key } = parseCursor(cursor, orderBy, this.#direction);
    const compare = this.#direction === 'asc' ? '>' : '<';
    if (orderBy === 'key') conditions.add(`c.key ${compare} ?`, key);
    else conditions.add(`(${this.#orderSql}, c.key) ${compare} (?, ?)`, value, key);
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
  // The plus keeps SQLite from walking the index of expiry, which nearly every row passes.
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
  // Not LIKE: it would end at a NUL, and take % and _ for more than they are.
  if (text !== undefined) conditions.add(`instr(lower(${URL_SQL}), lower(?)) > 0`, text);
}

/** Whoever names a time wants few entries: `unlikely` tells SQLite, which would rather walk the index of the order. */
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
