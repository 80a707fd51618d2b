// Rows that we insert get rowids that ProxyWhirl never assigns: multiples of 2^24 from 2^40 on. ProxyWhirl stores with
// INSERT OR REPLACE, which assigns the next free rowid, so a row outside this range was written by it, and one inside
// was not touched since we wrote it. Without the gaps, a row that it deletes and stores again could get its old rowid.

/** Distance between two of our rowids. */
export const STRIDE = 2 ** 24;
const FIRST = 2 ** 40;

/** SQL: true for one of our rowids. Tested in SQL because JavaScript cannot distinguish neighbours beyond 2^53. */
export function isOwnRowId(rowid: string): string {
  return `(${rowid} >= ${FIRST} AND (${rowid} & ${STRIDE - 1}) = 0)`;
}

/**
 * End of our range. If another program has put a row beyond it, there may be no next rowid, and a random one is used.
 */
const END = 2 ** 62;

/** False for a next rowid that is past the end of our range. */
export function isInOwnRange(rowId: number): boolean {
  return rowId < END;
}

/** A random rowid of ours, for a table at the end of the range. Exact as a JavaScript number. */
export function randomRowId(random: () => number): number {
  return FIRST + Math.floor(random() * ((END - FIRST) / STRIDE)) * STRIDE;
}

/**
 * SQL: our next rowid for a table, and whether the highest is not one of ours. Exact as a JavaScript number, as its
 * last 24 bits are zero; at the largest rowid SQLite returns a float that is not {@link isInOwnRange}.
 */
export function nextRowId(table: string): string {
  return `SELECT max(${FIRST}, (ifnull(top, 0) | ${STRIDE - 1}) + 1), NOT ${isOwnRowId(`ifnull(top, ${FIRST})`)}
    FROM (SELECT max(rowid) AS top FROM ${table})`;
}
