import { CacheCorruptionError, type Logger } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import { CleanupGate } from '../cleanup/cleanup-gate.ts';
import type { DatabaseSettings } from '../database/open-database.ts';
import { isThreadUnavailable, STOP_TIMEOUT_MS, startWorker, workerDone } from '../database/start-worker.ts';
import type { OpenedStore } from '../open-store.ts';
import { type EntryRow, RowAt } from '../rows/entry-row.ts';
import { seconds } from '../rows/entry-values.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import type { Checkpointer } from '../wal/checkpointer.ts';
import type { OversizedRow, OversizedRowTask } from './oversized-row-worker.ts';
import { setRowAside } from './set-row-aside.ts';

/**
 * Outcome for a damaged row: moved to quarantine; found valid without its index; handed to the worker now; already
 * handed to it. `undefined`: it stays where it is.
 */
export type Outcome = 'set aside' | 'repaired' | 'scheduled' | 'pending' | undefined;

export interface DamagedRowsContext {
  readonly settings: DatabaseSettings;
  readonly layout: TableLayout;
  readonly logger: Logger;
  /** Whether a worker may be used. */
  readonly inThread: boolean;
  readonly opened: () => OpenedStore;
}

/**
 * Sets damaged rows aside. To remove a row, SQLite follows and overwrites all of its pages in one statement, so rows
 * longer than any valid one are left to a worker. Such a row is `#pending` from the read that found it until the worker
 * has dealt with it; reads in between treat it as a miss and do not count it again. At most one worker runs; rows found
 * meanwhile go to the next one. `#run` identifies the current series of workers: after `stop` a series that is still
 * ending no longer touches the state of a later one.
 */
export class DamagedRows {
  readonly #context: DamagedRowsContext;
  /** By rowid, as a number. */
  readonly #pending = new Map<number, OversizedRow>();
  #gate: CleanupGate | undefined;
  #run: symbol | undefined;
  #done: Promise<void> | undefined;
  #hasThreads: boolean;

  constructor(context: DamagedRowsContext) {
    this.#context = context;
    this.#hasThreads = context.inThread;
  }

  /** Settles when the worker has dealt with all pending rows. */
  get done(): Promise<void> | undefined {
    return this.#done;
  }

  /**
   * Sets aside a row for which decoding threw `error`, if that is a CacheCorruptionError: any other error is not
   * damage. Never throws.
   */
  setAside(error: unknown, row: EntryRow, now: number): Outcome {
    if (!(error instanceof CacheCorruptionError)) return undefined;
    if (this.#pending.has(row[RowAt.ROWID] as number)) return 'pending';
    try {
      const { store, checkpointer } = this.#context.opened();
      const outcome = setRowAside(store, row, { reason: error.message, now, isAnySize: !this.#hasThreads });
      if (typeof outcome === 'string') return outcome;
      this.#pending.set(Number(outcome.rowId), { rowId: outcome.rowId, reason: error.message, now: seconds(now) });
      if (this.#run === undefined) {
        this.#run = Symbol('run');
        this.#done = this.#work(checkpointer, this.#run);
      }
      return 'scheduled';
    } catch (failure) {
      // The row stays where it is, and the read that found it returns the same as without this attempt.
      this.#warn(failure);
      return undefined;
    }
  }

  /** Stops the worker; later reads find the rows that it has not set aside. */
  stop(): void {
    this.#pending.clear();
    this.#run = undefined;
    this.#gate?.stop(STOP_TIMEOUT_MS);
  }

  #warn(failure: unknown): void {
    const { logger, settings } = this.#context;
    logger.warn({ tier: settings.tier, code: errorCode(failure) }, 'a damaged row could not be set aside');
  }

  async #work(checkpointer: Checkpointer, run: symbol): Promise<void> {
    checkpointer.pause();
    try {
      // Rows found in the same turn share a worker.
      await Promise.resolve();
      while (this.#run === run && this.#pending.size > 0) {
        const rows = [...this.#pending.values()];
        try {
          await this.#inThread(rows);
        } catch (error) {
          this.#hasThreads = !isThreadUnavailable(error);
          this.#warn(error);
        }
        // Rows that are still there will be found again.
        if (this.#run === run) for (const { rowId } of rows) this.#pending.delete(Number(rowId));
      }
    } finally {
      if (this.#run === run) this.#run = undefined;
      checkpointer.resume();
    }
  }

  async #inThread(rows: readonly OversizedRow[]): Promise<void> {
    const { settings, layout } = this.#context;
    const { path, tier, durability, busyTimeoutMs } = settings;
    const gate = new CleanupGate();
    this.#gate = gate;
    const isDurable = durability === 'full';
    const task: OversizedRowTask = { path, tier, layout, isDurable, busyTimeoutMs, rows, memory: gate.memory };
    await workerDone(startWorker('oversized-row-worker', import.meta.url, task));
  }
}
