import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Logger } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import type { ChangeReports } from '../changes/change-reports.ts';
import { makePrivateFolder } from '../files/private-folder.ts';
import { removeFile } from '../files/remove-file.ts';
import { storageFault } from '../files/storage-fault.ts';
import { RecordIndex } from '../index/record-index.ts';
import type { JsonlTierSettings } from '../jsonl-tier-options.ts';
import { Resharded } from '../shard/shard-lane.ts';
import { ShardSet } from '../shard/shard-set.ts';
import { type Layout, LayoutTaken, readLayout, writeLayout } from './layout-file.ts';
import { type DirectoryListing, listDirectory } from './list-directory.ts';
import { reshard } from './reshard.ts';
import { DEFAULT_SHARDS } from './shard-of-key.ts';

/**
 * Attempts to set our own number of shards while other processes set theirs. After that theirs applies, and up to
 * {@link TRIES_MOST} attempts in all may fail before an opening throws.
 */
const TRIES = 3;
const TRIES_MOST = 20;
/** Longest pause between two attempts, in milliseconds, multiplied by the number of attempts so far. */
const REST = 20;

export interface OpenShardSetOptions {
  readonly settings: JsonlTierSettings;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Without a policy no eviction order is kept. */
  readonly policy: ConstructorParameters<typeof RecordIndex>[0];
  readonly onDamaged: (count: number) => void;
  readonly reports: ChangeReports;
  /** True if another process changed the number of shards: its number applies instead of the one in the options. */
  readonly isAgain: boolean;
}

/**
 * Opens a directory: creates it if it is missing, reads all shards, moves records if the number of shards changed, and
 * cleans up after crashes. A directory that cannot be written is opened for reading. Throws a CacheStorageError.
 */
export async function openShardSet(options: OpenShardSetOptions): Promise<ShardSet> {
  for (let tries = 1; ; tries++) {
    const isAgain = options.isAgain || tries > TRIES;
    const set = await tryToOpen({ ...options, isAgain }, tries <= TRIES_MOST);
    if (set !== undefined) {
      const wanted = isAgain ? undefined : options.settings.numShards;
      // A directory that cannot be written keeps its unfinished move.
      if (wanted === undefined || wanted === set.numShards || set.isMoving) return set;
      await set.close();
      continue;
    }
    await sleep(Math.random() * REST * tries);
  }
}

/** `undefined` if another process recorded another layout meanwhile, and the opening `mayRepeat`. */
async function tryToOpen(options: OpenShardSetOptions, mayRepeat: boolean): Promise<ShardSet | undefined> {
  const { settings } = options;
  const { directory } = settings;
  const { layout, listing } = inspectDirectory(settings);
  const isMoving = layout?.isMoving === true;
  // One move at a time: with a third number of shards, no process could decide which of two lines of a key counts.
  const own = options.isAgain || isMoving ? undefined : settings.numShards;
  const numShards = own ?? layout?.numShards ?? DEFAULT_SHARDS;
  const index = new RecordIndex(options.policy, Math.max(listing.shards.length, 1));
  const set = new ShardSet({ ...options, numShards, isMoving, found: listing.shards, index });
  try {
    await set.readAll();
    await settleLayout(set, directory, layout, listing, options);
    set.watchLayout();
    await tidy(set, listing);
    return set;
  } catch (error) {
    await set.close();
    if (mayRepeat && (error instanceof LayoutTaken || error instanceof Resharded)) return undefined;
    throw storageFault('open the directory', error);
  }
}

function inspectDirectory(settings: JsonlTierSettings): { layout: Layout | undefined; listing: DirectoryListing } {
  const { directory } = settings;
  try {
    makePrivateFolder(directory, settings.durability === 'full');
    settings.guard.checkDirectory(directory);
    return { layout: readLayout(directory), listing: listDirectory(directory) };
  } catch (error) {
    throw storageFault('open the directory', error);
  }
}

async function settleLayout(
  set: ShardSet,
  directory: string,
  layout: Layout | undefined,
  { shards }: DirectoryListing,
  { logger }: OpenShardSetOptions,
): Promise<void> {
  if (layout !== undefined && !layout.isMoving && layout.numShards === set.numShards) return;
  try {
    if (shards.length > 0) {
      await repair(set);
      await reshard(set, directory, layout);
    } else {
      writeLayout(directory, { numShards: set.numShards, isMoving: false }, layout?.numShards);
      set.isMoving = false;
    }
  } catch (error) {
    const code = errorCode(error) ?? errorCode((error as { cause?: unknown }).cause);
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    logger.warn({ code }, 'JSONL directory cannot be written: opened read-only');
  }
}

async function tidy(set: ShardSet, { temporary, locked }: DirectoryListing): Promise<void> {
  set.releaseOrphans(locked);
  for (const { shard, path } of temporary) {
    const lane = set.lanes.find((candidate) => candidate.shard.number === shard);
    // The holder of the lock may be compacting into it.
    lane?.withLock(() => removeFile(path));
  }
  await repair(set);
}

/** Runs before any operation uses the shards, so it need not be fast. */
async function repair(set: ShardSet): Promise<void> {
  for (const lane of set.lanes) if (lane.shard.lines.needsRepair) await lane.repair(true);
}
