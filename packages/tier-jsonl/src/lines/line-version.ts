import { parseRaw, versionIn } from './record-line.ts';

const NAME = Buffer.from('"pw_version"');
/** The end of a line with a version, as we and Python print it. */
const AT_END = /"pw_version": ?(\d+), ?"checksum": ?"[0-9a-f]{8}"\}\s*$/;
const LONGEST_END = 64;

/** The version in the line of a record ({@link versionIn}), mostly without parsing it. */
export function versionOfLine(line: Buffer): number {
  const end = AT_END.exec(line.toString('latin1', Math.max(0, line.length - LONGEST_END)));
  if (end !== null && Number.isSafeInteger(Number(end[1]))) return Number(end[1]);
  return line.includes(NAME) ? versionIn(parseRaw(line) ?? {}) : 0;
}
