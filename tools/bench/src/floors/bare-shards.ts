import { hash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SHARDS = 16;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const CHUNK = 1024 * 1024;
/** Length of `{"key":"`, with which each of our lines starts. */
const KEY_AT = 8;

/** The shard of a key in ProxyWhirl's layout. */
export function shardOf(key: string): number {
  return Number(BigInt(`0x${hash('md5', key, 'hex')}`) % BigInt(SHARDS));
}

function shardPaths(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(directory, name));
}

/** The least that finding every record of a directory costs: read files in chunks, and extract the key of each line. */
export function scanKeys(directory: string): Map<string, number> {
  const places = new Map<string, number>();
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (const path of shardPaths(directory)) {
    const fd = openSync(path, 'r');
    for (let position = 0; ; ) {
      const bytes = buffer.subarray(0, readSync(fd, buffer, 0, CHUNK, position));
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        const keyStart = start + KEY_AT;
        places.set(bytes.toString('latin1', keyStart, bytes.indexOf(QUOTE, keyStart)), position + start);
        start = end + 1;
      }
      if (start === 0) break;
      position += start;
    }
    closeSync(fd);
  }
  return places;
}

/** The positions of the lines that satisfy a predicate. */
export function placesOf(directory: string, isWanted: (line: string) => boolean) {
  return shardPaths(directory).map((path) => {
    const fd = openSync(path, 'r');
    const places: { offset: number; length: number }[] = [];
    let rest = '';
    let position = 0;
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) {
      const lines = (rest + buffer.toString('latin1', 0, got)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (isWanted(line)) places.push({ offset: position, length: line.length });
        position += line.length + 1;
      }
    }
    closeSync(fd);
    return { path, places };
  });
}

/** The least that removing records costs: overwrite each of their lines with blanks. */
export function blankLines(shards: ReturnType<typeof placesOf>): void {
  const blanks = Buffer.alloc(64 * 1024, ' ');
  for (const { path, places } of shards) {
    const fd = openSync(path, 'r+');
    for (const { offset, length } of places) writeSync(fd, blanks, 0, length, offset);
    closeSync(fd);
  }
}
