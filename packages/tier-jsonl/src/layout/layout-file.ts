import { closeSync, constants, fsyncSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, openRegularFile, syncFolder } from '@pw/cache-models/tier';
import { temporaryPaths } from '../files/list-names.ts';
import { removeFile } from '../files/remove-file.ts';
import { TemporaryFile } from '../files/temporary-file.ts';
import { writeFully } from '../files/write-fully.ts';
import { MAX_SHARDS } from './shard-of-key.ts';

const { O_RDONLY } = constants;

/** The content of `pw-cache.json`. */
export interface Layout {
  readonly numShards: number;
  /** True while records are moving to this number of shards. */
  readonly isMoving: boolean;
}

/** Largest size in bytes; a larger file is invalid and not read. */
const LONGEST = 64 * 1024;

export const LAYOUT_FILE = 'pw-cache.json';

/**
 * The recorded layout; `undefined`, so that it is determined again, if none is recorded or the recorded one is invalid.
 * Throws the system's error.
 */
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

/** Another process has recorded a different layout than expected. */
export class LayoutTaken extends Error {}

/** Throws a LayoutTaken unless this number of shards is recorded; `undefined` expects none. */
export function expectShards(directory: string, expected: number | undefined): void {
  if (readLayout(directory)?.numShards !== expected) throw new LayoutTaken();
}

/**
 * Replaces the recorded layout durably. Throws a LayoutTaken if a number other than `expected` is recorded, or another
 * process records one at the same time: each writer first removes the temporary files of the others, so that a writer
 * that was stopped just before its rename finds nothing to rename.
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
