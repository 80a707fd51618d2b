import { RECORD_MEMBERS } from '@pw/cache-models';
import { isJson } from './json-scanner.ts';
import type { RawRecord } from './raw-record.ts';

const SCALARS: ReadonlySet<string> = new Set([...RECORD_MEMBERS, 'username', 'password', 'checksum']);
/** Levels of lists and objects that a member which we do not know may have. */
const MOST_LEVELS = 64;
const [OPEN, OPEN_LIST] = [0x7b, 0x5b];

/**
 * True if the members that a record has are plain values, and the others are no deeper than {@link MOST_LEVELS}. A parser
 * takes values of any depth; what prints them, to sum them up or to write them anew, calls itself for each level and runs out of stack.
 */
export function hasPlainValues(raw: RawRecord): boolean {
  for (const name in raw) {
    const value = raw[name];
    if (typeof value !== 'object' || value === null) continue;
    if (SCALARS.has(name) || !isShallow(value)) return false;
  }
  return true;
}

/** True for a line of which {@link hasPlainValues} would say no for its levels, or that is no JSON: what is thousands of levels deep takes long to parse. */
export function isTooDeep(line: Buffer): boolean {
  // Few records hold a list or an object at all.
  if (!line.includes(OPEN_LIST) && line.indexOf(OPEN, 1) < 0) return false;
  return !isJson(line, 0, line.length, { levels: MOST_LEVELS + 1 });
}

/** Level by level, and not by calling itself. */
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
