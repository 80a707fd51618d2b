import { closeSync, constants, fsyncSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openRegularFile, syncFolder } from '@pw/cache-models';
import { temporaryPaths } from '../files/list-names.ts';
import { removeFile } from '../files/remove-file.ts';
import { errorCode } from '../files/storage-fault.ts';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import { MAX_SHARDS } from './shard-of-key.ts';

const { O_RDONLY } = constants;

/** What `pw-cache.json` says of a directory. */
export interface Layout {
  readonly numShards: number;
  /** True while records are on their way to the shards of this number. */
  readonly isMoving: boolean;
}

/** Bytes; a longer file makes no sense, and is not read. */
const LONGEST = 64 * 1024;

export const LAYOUT_FILE = 'pw-cache.json';

/** The recorded layout; `undefined` for none, or one that makes no sense, which then is found out anew. Throws what the system says. */
export function readLayout(directory: string): Layout | undefined {
  let text: string;
  try {
    const path = join(directory, LAYOUT_FILE);
    const { fd, stats } = openRegularFile(path, O_RDONLY, { what: 'layout file', tier: 'JSONL tier' });
    try {
      if (stats.size > LONGEST) return undefined;
      text = readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  return parseLayout(text);
}

/** Somebody else recorded another layout than was expected. */
export class LayoutTaken extends Error {}

/** Throws a LayoutTaken unless this number of shards is recorded, or none with `undefined`. */
export function expectShards(directory: string, expected: number | undefined): void {
  if (readLayout(directory)?.numShards !== expected) throw new LayoutTaken();
}

/**
 * Replaces the recorded layout; it survives a power cut. Throws a LayoutTaken if the number that is recorded is not the expected one, or if somebody
 * else records another one at the same time: whoever comes removes what others are about to give the name, so that one who was stopped
 * just before that finds nothing to rename.
 */
export function writeLayout(directory: string, { numShards, isMoving }: Layout, expected: number | undefined): void {
  const path = join(directory, LAYOUT_FILE);
  for (const leftover of temporaryPaths(directory, `${LAYOUT_FILE}.`)) removeFile(leftover);
  const layout = { format: 1, num_shards: numShards, ...(isMoving ? { moving: true } : {}) };
  const temporary = new TemporaryFile(path);
  try {
    writeFully(temporary.fd, Buffer.from(`${JSON.stringify(layout)}\n`), 0);
    fsyncSync(temporary.fd);
    expectShards(directory, expected);
    temporary.renameTo(path);
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? new LayoutTaken() : error;
  } finally {
    temporary.close();
  }
  syncFolder(dirname(path));
}

function parseLayout(text: string): Layout | undefined {
  try {
    const { num_shards: numShards, moving } = JSON.parse(text) as Record<string, unknown>;
    if (typeof numShards !== 'number' || !Number.isInteger(numShards)) return undefined;
    return numShards >= 1 && numShards <= MAX_SHARDS ? { numShards, isMoving: moving === true } : undefined;
  } catch {
    return undefined;
  }
}
