import { setTimeout as sleep } from 'node:timers/promises';
import { CacheStorageError } from '@pw/cache-models';
import { Resharded, type ShardLane } from '../shard/shard-lane.ts';

/** Attempts; a process that writes without our lock, as ProxyWhirl does, may interfere in each. */
const TRIES = 5;
const REST_MS = 20;

/** Compacts a shard. Throws a CacheStorageError if superseded lines remain after the last attempt. */
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
  throw new CacheStorageError('JSONL tier: superseded lines could not be dropped from a shard; try again');
}
