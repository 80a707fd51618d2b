import type { Logger } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import type { ShardLane } from '../shard/shard-lane.ts';

/**
 * Compacts one shard after another. Keys are spread evenly, so all shards become half garbage at about the same time:
 * compacting them together would block the event loop, slice after slice in the same turn.
 */
export class CompactionQueue {
  readonly #waiting = new Set<ShardLane>();
  readonly #logger: Logger;
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(lane: ShardLane): void {
    if (this.#isClosed) return;
    this.#waiting.add(lane);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Finishes the current compaction and skips the queued ones: the next write of such a shard queues it again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    for (const lane of this.#waiting) {
      if (this.#isClosed) return;
      try {
        await lane.compact();
      } catch (error) {
        const fields = { shard: lane.shard.number, code: errorCode(error) };
        this.#logger.debug(fields, 'JSONL shard: not compacted now; the next write queues it again');
      }
      this.#waiting.delete(lane);
    }
  }
}
