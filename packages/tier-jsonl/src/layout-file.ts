import { closeSync, constants, fsyncSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openSecurely, syncDirectory } from './secure-open.ts';
import { MAX_SHARDS } from './shard-of-key.ts';
import { errorCode } from './storage-fault.ts';
import { temporaryName } from './temporary-name.ts';
import { writeFully } from './write-fully.ts';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;

/** What `pw-cache.json` says of a directory. */
export interface Layout {
  readonly numShards: number;
  /** True while records are on their way to the shards of this number. */
  readonly isMoving: boolean;
}

export const LAYOUT_FILE = 'pw-cache.json';

/** The recorded layout; `undefined` for none, or one that makes no sense, which then is found out anew. Throws what the system says. */
export function readLayout(directory: string): Layout | undefined {
  let text: string;
  try {
    const fd = openSecurely(join(directory, LAYOUT_FILE), O_RDONLY);
    try {
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

/** Replaces the recorded layout; it survives a power cut. */
export function writeLayout(directory: string, { numShards, isMoving }: Layout): void {
  const path = join(directory, LAYOUT_FILE);
  const temporary = temporaryName(path);
  const layout = { format: 1, num_shards: numShards, ...(isMoving ? { moving: true } : {}) };
  const fd = openSecurely(temporary, O_WRONLY | O_CREAT | O_EXCL);
  try {
    writeFully(fd, Buffer.from(`${JSON.stringify(layout)}\n`), 0);
    fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path));
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
