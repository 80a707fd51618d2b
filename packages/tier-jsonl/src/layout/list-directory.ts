import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { shardOfFileName } from './shard-of-key.ts';

const ABANDONED = 60 * 60 * 1000;
const THEIR_TEMPORARY = /^(shard_\d{2,3}\.jsonl|pw-cache\.json)\..+\.tmp$/;
const LOCK = /^(shard_\d{2,3}\.jsonl)\.lock$/;
/** A folder that was meant to become a lock. The process that made it tries again if it is gone. */
const NEW_LOCK = /^shard_\d{2,3}\.jsonl\.lock\.[0-9a-f]{12}$/;
const NEW_LOCK_MAX_AGE = 2000;
const OUR_TEMPORARY = /^(shard_\d{2,3}\.jsonl)(?:\.marks)?\.pw-[0-9a-f]{12}\.tmp$/;
const MARKS = /^(shard_\d{2,3}\.jsonl)\.marks$/;

/** The content of a cache directory. */
export interface DirectoryListing {
  /** Numbers of the shards with a file, or with marks. */
  readonly shards: readonly number[];
  /** Our temporary files, by shard: leftovers, if the lock of that shard can be taken. */
  readonly temporary: readonly { readonly shard: number; readonly path: string }[];
  /** Numbers of shards with a lock, in use or left behind. */
  readonly locked: readonly number[];
  /** Names of other temporary files, which may be in use. */
  readonly others: readonly string[];
}

export function listDirectory(directory: string): DirectoryListing {
  const shards = new Set<number>();
  const temporary: { shard: number; path: string }[] = [];
  const locked: number[] = [];
  const others: string[] = [];
  for (const name of readdirSync(directory)) {
    const shard = shardOfFileName(MARKS.exec(name)?.[1] ?? name);
    if (shard !== undefined) shards.add(shard);
    const lockOf = shardOfFileName(LOCK.exec(name)?.[1] ?? '');
    if (lockOf !== undefined) locked.push(lockOf);
    const ours = shardOfFileName(OUR_TEMPORARY.exec(name)?.[1] ?? '');
    if (ours !== undefined) temporary.push({ shard: ours, path: join(directory, name) });
    else if (NEW_LOCK.test(name)) removeIfOld(join(directory, name));
    else if (THEIR_TEMPORARY.test(name) && !removeIfAbandoned(join(directory, name))) others.push(name);
  }
  return { shards: [...shards].sort((a, b) => a - b), temporary, locked, others };
}

/**
 * Removes a temporary file that a crash of ProxyWhirl left: ProxyWhirl never removes it, and none is in use after an
 * hour. True if the file was removed. Its age is measured with the system clock, which also set the time of the file.
 */
function removeIfAbandoned(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || Date.now() - found.mtimeMs <= ABANDONED) return false;
  rmSync(path, { force: true });
  return true;
}

function removeIfOld(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && Math.abs(Date.now() - found.mtimeMs) > NEW_LOCK_MAX_AGE)
    rmSync(path, { recursive: true, force: true });
}
