/**
 * Rows that we insert get rowids that ProxyWhirl never makes: multiples of 2^24 from 2^40 on. ProxyWhirl stores by
 * INSERT OR REPLACE, which gives a row the next free rowid, so a row outside this space was written by it, and one
 * inside was not touched by it since. Without the gaps a row that it deletes and stores again could get its old rowid.
 */
/** From one rowid of ours to the next. */
export const STRIDE = 2 ** 24;
const FIRST = 2 ** 40;

/** SQL: true for a rowid of ours. Tested in SQL because JavaScript cannot tell neighbours beyond 2^53 apart. */
export function isOurRowId(rowid: string): string {
  return `(${rowid} >= ${FIRST} AND (${rowid} & ${STRIDE - 1}) = 0)`;
}

/** SQL: the next rowid of ours for a table. Always exact as a JavaScript number: it has 24 zero bits at its end. */
export function nextRowId(table: string): string {
  return `SELECT max(${FIRST}, (ifnull(max(rowid), 0) | ${STRIDE - 1}) + 1) FROM ${table}`;
}
