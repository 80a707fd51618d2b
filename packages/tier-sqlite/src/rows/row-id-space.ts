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

/** Rowids of ours end here: beyond, a row that somebody put at the end of all rowids leaves none that follow. */
const END = 2 ** 62;

/** True for a rowid that follows the others of its table in our space. */
export function isWithin(rowId: number): boolean {
  return rowId < END;
}

/** Any rowid of ours, for a table in which none follows any more. Exact as a JavaScript number. */
export function anyRowId(random: () => number): number {
  return FIRST + Math.floor(random() * ((END - FIRST) / STRIDE)) * STRIDE;
}

/**
 * SQL: the next rowid of ours for a table. Exact as a JavaScript number, as it has 24 zero bits at its end; at the end of all rowids it is
 * a float that is not {@link isWithin} them.
 */
export function nextRowId(table: string): string {
  return `SELECT max(${FIRST}, (ifnull(max(rowid), 0) | ${STRIDE - 1}) + 1) FROM ${table}`;
}
