import { setImmediate as rest } from 'node:timers/promises';
import type { Logger, MaybePromise } from '@pw/cache-models';
import type { DatabaseSettings } from '../database/open-database.ts';
import { toStorageError } from '../database/storage-error.ts';
import { seconds } from '../rows/entry-values.ts';
import type { EntryStore } from '../rows/row-store.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import type { LogFolding } from '../wal/checkpointer.ts';
import { CleanupThread, isWithoutThread } from './cleanup-thread.ts';

/** What the slowest layout does in a millisecond, with a margin: rows that lie all over the table, of which every index changes. */
const INLINE_ROWS_PER_MS = 5;
/** The same where pages stay in memory from one slice to the next. */
const SLICE_ROWS_PER_MS = 12;

export interface LargeCleanupContext {
  readonly settings: DatabaseSettings;
  readonly layout: TableLayout;
  readonly logger: Logger;
  /** How long the event loop may be held up in one go, in milliseconds. */
  readonly maxBlockMs: number;
  /** Removes some rows, as any write of the tier. */
  readonly removeSome: (limit: number, now: number) => MaybePromise<number>;
  readonly isOpen: () => boolean;
  /** Told of rows that were removed by a cleanup that failed afterwards. */
  readonly onRemoved: (count: number) => void;
}

/** Removes more expired rows than the event loop may be held up for: in a thread, or in slices where there is none to be had. */
export class LargeCleanup {
  readonly #context: LargeCleanupContext;
  #thread: CleanupThread | undefined;
  #hasThreads = true;

  constructor(context: LargeCleanupContext) {
    this.#context = context;
  }

  /** So many rows are removed in one statement; infinite where nothing else is wanted. */
  get inlineRows(): number {
    return Math.floor(this.#context.maxBlockMs * INLINE_ROWS_PER_MS);
  }

  /** Settles when the thread that is at work has ended; `undefined` if there is none. */
  get underWay(): Promise<number> | undefined {
    return this.#thread?.done;
  }

  run(store: EntryStore, folding: LogFolding, now: number): Promise<number> {
    return this.#hasThreads ? this.#inThread(store, folding, now) : this.#inSlices(now);
  }

  /** Ends the thread. */
  stop(): void {
    this.#thread?.stop();
  }

  async #inThread(store: EntryStore, folding: LogFolding, now: number): Promise<number> {
    const { settings, layout, maxBlockMs, onRemoved, logger } = this.#context;
    const { path, durability, busyTimeoutMs, tier } = settings;
    const isDurable = durability === 'full';
    const slice = Math.ceil(maxBlockMs * SLICE_ROWS_PER_MS);
    const thread = new CleanupThread({ path, tier, layout, now: seconds(now), isDurable, busyTimeoutMs, slice });
    this.#thread = thread;
    store.passGate = (write) => thread.gate.pass(write, busyTimeoutMs);
    // The thread does the checkpoints: a put would have to write out what thousands of deletes changed.
    folding.pause();
    try {
      return await thread.done;
    } catch (error) {
      onRemoved(thread.gate.removed);
      if (!isWithoutThread(error)) throw toStorageError(error, tier);
    } finally {
      this.#thread = undefined;
      store.passGate = (write) => write();
      folding.resume();
    }
    this.#hasThreads = false;
    logger.warn({ tier }, 'no thread can be started, so cleanups are done in slices; is the package part of a bundle?');
    return this.#inSlices(now);
  }

  /** With a turn of the event loop after each slice. */
  async #inSlices(now: number): Promise<number> {
    const { removeSome, isOpen, onRemoved } = this.#context;
    let removed = 0;
    try {
      while (isOpen()) {
        const count = await removeSome(this.inlineRows, now);
        removed += count;
        if (count < this.inlineRows) break;
        await rest();
      }
    } catch (error) {
      onRemoved(removed);
      throw error;
    }
    return removed;
  }
}
