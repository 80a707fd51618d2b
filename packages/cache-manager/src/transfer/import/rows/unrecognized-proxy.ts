import { containsAddressWithPort } from '../list/token/address-with-port.ts';
import type { Row } from './members/row-members.ts';

/** The number of members that are inspected, and of characters of each: enough for any row with a proxy. */
const MOST_MEMBERS = 64;
const LONGEST = 300;

const PLACE = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}:\d{2,5}(?!\d)/;

/**
 * True if any string of a row contains an address with a port: such a row is a proxy with unknown member names, not a
 * heading.
 */
export function containsUnrecognizedProxy(row: Row): boolean {
  let count = 0;
  for (const name in row) {
    if (++count > MOST_MEMBERS) return false;
    const value = row[name];
    if (typeof value !== 'string' || value.length > LONGEST) continue;
    if (PLACE.test(value) || containsAddressWithPort(value)) return true;
  }
  return false;
}
