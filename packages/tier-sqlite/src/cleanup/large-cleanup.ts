import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Logger, MaybePromise } from '@pw/cache-models';
import type { DatabaseSettings } from '../database/open-database.ts';
import { isThreadUnavailable } from '../database/start-worker.ts';
import { toStorageError } from '../database/storage-error.ts';
import { seconds } from '../rows/entry-values.ts';
import type { RowStore } from '../rows/row-store.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import type { Checkpointer } from '../wal/checkpointer.ts';
import { CleanupThread } from './cleanup-thread.ts';

/**
 * Rows removed per millisecond in the slowest layout, with a margin: rows scattered over the table, each of them in
 * every index.
 */
const INLINE_ROWS_PER_MS = 5;
/** Like {@link INLINE_ROWS_PER_MS}, for slices, where pages stay in memory from one slice to the next. */
const SLICE_ROWS_PER_MS = 12;

export interface LargeCleanupContext {
  readonly settings: DatabaseSettings;
  readonly layout: TableLayout;
  readonly logger: Logger;
  /** Longest time for which the event loop may be blocked, in milliseconds. */
  readonly maxBlockMs: number;
  /** Removes some rows in a transaction of the tier. */
  readonly cleanupUpTo: (limit: number, now: number) => MaybePromise<number>;
  readonly isOpen: () => boolean;
  /** Called with the number of rows that a cleanup removed before it failed. */
  readonly onRemoved: (count: number) => void;
}

/**
 * Removes more expired rows than one statement could without blocking the event loop for too long: in a worker thread
 * or, if it turned out that no thread is available, in slices with a turn of the event loop after each.
 */
export class LargeCleanup {
  readonly #context: LargeCleanupContext;
  #thread: CleanupThread | undefined;
  #hasThreads = true;

  constructor(context: LargeCleanupContext) {
    this.#context = context;
  }

  /** Number of rows that may be removed in one statement; infinite if the event loop may be blocked without limit. */
  get inlineRows(): number {
    return Math.floor(this.#context.maxBlockMs * INLINE_ROWS_PER_MS);
  }

  /** Settles when the running thread has ended; `undefined` if none runs. */
  get running(): Promise<number> | undefined {
    return this.#thread?.done;
  }

  run(store: RowStore, checkpointer: Checkpointer, now: number): Promise<number> {
    return this.#hasThreads ? this.#inThread(store, checkpointer, now) : this.#inSlices(now);
  }

  stop(): void {
    this.#thread?.stop();
  }

  async #inThread(store: RowStore, checkpointer: Checkpointer, now: number): Promise<number> {
    const { settings, layout, maxBlockMs, onRemoved, logger } = this.#context;
    const { path, durability, busyTimeoutMs, tier } = settings;
    const isDurable = durability === 'full';
    const slice = Math.ceil(maxBlockMs * SLICE_ROWS_PER_MS);
    const thread = new CleanupThread({ path, tier, layout, now: seconds(now), isDurable, busyTimeoutMs, slice });
    this.#thread = thread;
    store.passGate = (write) => thread.gate.pass(write, busyTimeoutMs);
    // Only the thread checkpoints meanwhile; otherwise a put might have to write out all pages that thousands of
    // deletes changed.
    checkpointer.pause();
    try {
      return await thread.done;
    } catch (error) {
      onRemoved(thread.gate.removed);
      if (!isThreadUnavailable(error)) throw toStorageError(error, tier);
    } finally {
      this.#thread = undefined;
      store.passGate = (write) => write();
      checkpointer.resume();
    }
    this.#hasThreads = false;
    logger.warn(
      { tier },
      'no worker thread can be started, so cleanups run in slices; if the package is bundled, ship its worker files beside the bundle',
    );
    return this.#inSlices(now);
  }

  async #inSlices(now: number): Promise<number> {
    const { cleanupUpTo, isOpen, onRemoved } = this.#context;
    let removed = 0;
    try {
      while (isOpen()) {
        const count = await cleanupUpTo(this.inlineRows, now);
        removed += count;
        if (count < this.inlineRows) break;
        await yieldToEventLoop();
      }
    } catch (error) {
      onRemoved(removed);
      throw error;
    }
    return removed;
  }
}
