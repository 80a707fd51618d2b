import { DEFAULT_PAGE_SIZE, type EntryFilter } from '@pw/cache-models';
import type { RowStore } from '../rows/row-store.ts';
import { FILTER_INDEXES, type FilterMember, ORDER_INDEXES } from './filter-indexes.ts';
import type { SqlConditions } from './sql-conditions.ts';

/**
 * If at most this many keys have a label, each of them is looked up, whatever the order. The limit is ten per entry of
 * a page if that is more. This takes some milliseconds.
 */
const FEW = 1000;
const FEW_PER_ENTRY = 10;
/** More values than this are bound as one JSON list. */
const MANY = 16;

/** A label that entries must have, with one of the values. */
export interface WantedLabel {
  readonly name: string;
  readonly values: readonly string[];
}

export function wantedLabels({ labels = {} }: EntryFilter): WantedLabel[] {
  return Object.entries(labels).map(([name, values]) => ({
    name,
    values: typeof values === 'string' ? [values] : [...new Set(values)],
  }));
}

/**
 * The label whose keys a query walks, testing the rest of the filter on each. That is the rarest label if few entries
 * have it or the alternative is to sort all entries; or a label whose keys are in the requested order. `undefined`: the
 * query walks the index of another member or of the order, and tests labels.
 */
export function drivingLabel(
  { statements, layout: { labels: table } }: RowStore,
  filter: EntryFilter,
): WantedLabel | undefined {
  const labels = wantedLabels(filter);
  if (table === null || labels.length === 0) return undefined;
  const { orderBy = 'key', limit = DEFAULT_PAGE_SIZE } = filter;
  const few = Math.max(FEW, FEW_PER_ENTRY * limit);
  const counted = labels.map((label) => {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE ${matchesLabel(label)} LIMIT ${few + 1})`;
    return { label, count: statements.once(sql).pluck().get(bound(label)) as number };
  });
  const rarest = counted.reduce((best, one) => (one.count < best.count ? one : best));
  if (rarest.count <= FEW) return rarest.label;
  const { labels: _, ...others } = filter;
  const hasIndex = ([member, value]: [string, unknown]) =>
    value !== undefined && (FILTER_INDEXES[member as FilterMember] ?? null) !== null;
  if (Object.entries(others).some(hasIndex)) return undefined;
  if (orderBy === 'key' && labels.some(({ values }) => values.length === 1))
    return labels.find(({ values }) => values.length === 1);
  if (rarest.count <= few) return rarest.label;
  return ORDER_INDEXES[orderBy] === null ? rarest.label : undefined;
}

/** SQL for the keys that a query walks, with its values: each key once, in order if there is one value. */
export function keysOf(table: string, label: WantedLabel): { readonly sql: string; readonly values: string[] } {
  const distinct = label.values.length === 1 ? '' : 'DISTINCT ';
  return { sql: `(SELECT ${distinct}key FROM ${table} WHERE ${matchesLabel(label)})`, values: bound(label) };
}

/** Adds conditions that an entry `c` has these labels, according to the table of labels. */
export function addLabels(conditions: SqlConditions, table: string, labels: readonly WantedLabel[]): void {
  for (const label of labels)
    conditions.add(`EXISTS (SELECT 1 FROM ${table} l WHERE ${matchesLabel(label)} AND l.key = c.key)`, ...bound(label));
}

/**
 * SQL: binds the values of {@link bound}. Many values are one JSON list, as 32 names with 1000 values each are more
 * than SQLite can bind.
 */
function matchesLabel({ values }: WantedLabel): string {
  if (values.length === 1) return 'name = ? AND value = ?';
  const list = values.length > MANY ? 'SELECT value FROM json_each(?)' : values.map(() => '?').join(', ');
  return `name = ? AND value IN (${list})`;
}

function bound({ name, values }: WantedLabel): string[] {
  return values.length > MANY ? [name, JSON.stringify(values)] : [name, ...values];
}
