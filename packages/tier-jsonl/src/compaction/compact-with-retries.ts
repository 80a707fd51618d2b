import { setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError } from '@pw/cache-models';
import { Resharded, type ShardLane } from '../shard/shard-lane.ts';

/** Somebody who writes without a lock, as ProxyWhirl does, may come in between so often. */
const TRIES = 5;
const REST_MS = 20;

/** Compacts a shard, and throws a CacheStorageError if it is not compact in the end. */
export async function compactWithRetries(lane: ShardLane): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (await lane.compact()) return;
    } catch (error) {
      if (!(error instanceof Resharded)) throw error;
      break;
    }
    await sleep(REST_MS);
  }
  throw new CacheStorageError('JSONL tier: lines that count no more could not be dropped from a shard; try again');
}
