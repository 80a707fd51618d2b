import { RECORD_MEMBERS } from '@pw/cache-models/tier';
import { isJson } from './json-scanner.ts';
import type { RawRecord } from './raw-record.ts';

const SCALARS: ReadonlySet<string> = new Set([...RECORD_MEMBERS, 'username', 'password', 'checksum', 'pw_version']);
/** Largest nesting depth of an unknown member. */
const MOST_LEVELS = 64;
const [OPEN, OPEN_LIST] = [0x7b, 0x5b];

/**
 * True if the known members of a record are scalars, and no other member is nested deeper than {@link MOST_LEVELS}.
 * Parsers accept any depth, but printing a value, for its checksum or a new line, recurses and overflows the stack.
 */
export function hasPlainValues(raw: RawRecord): boolean {
  for (const name in raw) {
    const value = raw[name];
    if (typeof value !== 'object' || value === null) continue;
    if (SCALARS.has(name) || !isShallow(value)) return false;
  }
  return true;
}

/**
 * True for a line that {@link hasPlainValues} would reject for its depth, or that is not JSON: thousands of levels take
 * long to parse.
 */
export function isTooDeep(line: Buffer): boolean {
  // Few records contain a list or an object at all.
  if (!line.includes(OPEN_LIST) && line.indexOf(OPEN, 1) < 0) return false;
  return !isJson(line, 0, line.length, { levels: MOST_LEVELS + 1 });
}

/** Level by level, without recursion. */
function isShallow(value: object): boolean {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) return false;
    const below: object[] = [];
    for (const list of level)
      for (const member of Object.values(list) as unknown[])
        if (typeof member === 'object' && member !== null) below.push(member);
    level = below;
  }
  return true;
}
