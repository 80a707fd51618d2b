import { containsAddressWithPort } from '../list/token/address-with-port.ts';
import type { Row } from './members/row-members.ts';

/** Members that are looked at, and characters of each: as many as a row with a proxy has. */
const MOST_MEMBERS = 64;
const LONGEST = 300;

const PLACE = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}:\d{2,5}(?!\d)/;

/** True if a text in a row that names no proxy has an address with a port: the names of its members are not known, and the row is no heading. */
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
