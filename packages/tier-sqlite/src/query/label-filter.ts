import { DEFAULT_PAGE_SIZE, type EntryFilter } from '@pw/cache-models';
import type { EntryStore } from '../rows/row-store.ts';
import { FILTER_INDEXES, type FilterMember, ORDER_INDEXES } from './filter-indexes.ts';
import type { SqlConditions } from './sql-conditions.ts';

/** Keys with a label of which each is looked up, whatever the order is: so many, some milliseconds, or so many for each entry of a page. */
const FEW = 1000;
const FEW_EACH = 10;
/** Values of a label from which they are bound as one. */
const MANY = 16;

/** A label that entries are to have: one of the values. */
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
 * The label whose keys a query is to walk, and test the rest of the filter on: the rarest, if few have it or else all entries would be sorted, or if its
 * keys come in the order that is wanted. `undefined`: the query walks the index of another member or of the order, and tests labels.
 */
export function drivingLabel(
  { statements, layout: { labels: table } }: EntryStore,
  filter: EntryFilter,
): WantedLabel | undefined {
  const labels = wantedLabels(filter);
  if (table === null || labels.length === 0) return undefined;
  const { orderBy = 'key', limit = DEFAULT_PAGE_SIZE } = filter;
  const few = Math.max(FEW, FEW_EACH * limit);
  const counted = labels.map((label) => {
    const sql = `SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE ${isLabel(label)} LIMIT ${few + 1})`;
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

/** SQL: what a query goes through first, with its values: each key once, those of one value in their order. */
export function keysOf(table: string, label: WantedLabel): { readonly sql: string; readonly values: string[] } {
  const distinct = label.values.length === 1 ? '' : 'DISTINCT ';
  return { sql: `(SELECT ${distinct}key FROM ${table} WHERE ${isLabel(label)})`, values: bound(label) };
}

/** An entry `c` has these labels, as far as the table knows. */
export function addLabels(conditions: SqlConditions, table: string, labels: readonly WantedLabel[]): void {
  for (const label of labels)
    conditions.add(`EXISTS (SELECT 1 FROM ${table} l WHERE ${isLabel(label)} AND l.key = c.key)`, ...bound(label));
}

/** SQL: binds what {@link bound} gives. Many values are one JSON list, which holds any label: 32 names of 1000 each are more than SQLite binds. */
function isLabel({ values }: WantedLabel): string {
  if (values.length === 1) return 'name = ? AND value = ?';
  const list = values.length > MANY ? 'SELECT value FROM json_each(?)' : values.map(() => '?').join(', ');
  return `name = ? AND value IN (${list})`;
}

function bound({ name, values }: WantedLabel): string[] {
  return values.length > MANY ? [name, JSON.stringify(values)] : [name, ...values];
}
