import { isAt } from './is-at.ts';
import { parseRaw, versionIn } from './record-line.ts';

const NAME = Buffer.from('"pw_version"');
/** The end of a line with a version, as we and Python print it. */
const AT_END = /"pw_version": ?(\d+), ?"checksum": ?"[0-9a-f]{8}"\}\s*$/;
const LONGEST_END = 64;
const MEMBER = Buffer.from('"pw_version":');
const CHECKSUM = Buffer.from('"checksum":');
/** Length of `"checksum":"01234567"}`, without the space that Python prints. */
const CHECKSUM_AT = 22;
const [SPACE, COMMA, ZERO, NINE] = [0x20, 0x2c, 0x30, 0x39];

/**
 * True if the line in the bytes `start` to `end` is known to have a version, because it ends as we and Python print one.
 * False for any other line, which may have one all the same. Called for each line of a file.
 */
export function endsWithVersion(bytes: Buffer, start: number, end: number): boolean {
  let at = end - CHECKSUM_AT;
  if (!isAt(bytes, CHECKSUM, at) && !isAt(bytes, CHECKSUM, --at)) return false;
  if (bytes[--at] === SPACE) at--;
  if (bytes[at] !== COMMA) return false;
  const last = --at;
  while (at > start && bytes[at]! >= ZERO && bytes[at]! <= NINE) at--;
  if (at === last) return false;
  if (bytes[at] === SPACE) at--;
  const name = at - MEMBER.length + 1;
  return name > start && isAt(bytes, MEMBER, name);
}

/** The version in the line of a record ({@link versionIn}), mostly without parsing it. */
export function versionOfLine(line: Buffer): number {
  const end = AT_END.exec(line.toString('latin1', Math.max(0, line.length - LONGEST_END)));
  if (end !== null && Number.isSafeInteger(Number(end[1]))) return Number(end[1]);
  return line.includes(NAME) ? versionIn(parseRaw(line) ?? {}) : 0;
}
