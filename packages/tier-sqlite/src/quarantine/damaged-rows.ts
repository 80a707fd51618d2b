import { Worker } from 'node:worker_threads';
import { CacheCorruptionError, type Logger } from '@pw/cache-models';
import { CleanupGate } from '../cleanup/cleanup-gate.ts';
import { isWithoutThread } from '../cleanup/cleanup-thread.ts';
import type { DatabaseSettings } from '../database/open-database.ts';
import { codeOf } from '../database/storage-error.ts';
import type { OpenedStore } from '../open-store.ts';
import { type EntryRow, RowAt } from '../rows/entry-row.ts';
import { seconds } from '../rows/entry-values.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import type { LogFolding } from '../wal/checkpointer.ts';
import type { HeavyRow, HeavyTask } from './oversized-row-worker.ts';
import { setRowAside } from './set-row-aside.ts';

/** Longest wait of a `close` for the thread to finish its transaction, in milliseconds. */
const STOP_TIMEOUT_MS = 2000;

/**
 * What became of a damaged row: moved away, found sound without its index, handed to a thread now, or handed to it before. `undefined`: it stays
 * where it is.
 */
export type Fate = 'set aside' | 'repaired' | 'later' | 'pending' | undefined;

export interface DamagedRowsContext {
  readonly settings: DatabaseSettings;
  readonly layout: TableLayout;
  readonly logger: Logger;
  /** False where no thread is wanted. */
  readonly inThread: boolean;
  readonly opened: () => OpenedStore;
}

/**
 * Sets damaged rows aside. SQLite follows and overwrites every page of a row when it goes, in one statement, so one that is longer than any sound
 * row is left to a thread; until that is done, it is passed over where it stands.
 */
export class DamagedRows {
  readonly #context: DamagedRowsContext;
  /** By the rowid, as a number. */
  readonly #pending = new Map<number, HeavyRow>();
  #gate: CleanupGate | undefined;
  /** Told apart from one of an earlier opening. */
  #run: symbol | undefined;
  #done: Promise<void> | undefined;
  #hasThreads: boolean;

  constructor(context: DamagedRowsContext) {
    this.#context = context;
    this.#hasThreads = context.inThread;
  }

  /** Settles when what was handed to the thread has been dealt with. */
  get done(): Promise<void> | undefined {
    return this.#done;
  }

  /** `error` is what reading the row threw: anything but a CacheCorruptionError is no damage. Never throws. */
  setAside(error: unknown, row: EntryRow, now: number): Fate {
    if (!(error instanceof CacheCorruptionError)) return undefined;
    if (this.#pending.has(row[RowAt.ROWID] as number)) return 'pending';
    try {
      const { store, folding } = this.#context.opened();
      const fate = setRowAside(store, row, { reason: error.message, now, isAnyWeight: !this.#hasThreads });
      if (typeof fate === 'string') return fate;
      this.#pending.set(Number(fate.rowId), { rowId: fate.rowId, reason: error.message, now: seconds(now) });
      if (this.#run === undefined) {
        this.#run = Symbol('run');
        this.#done = this.#work(folding, this.#run);
      }
      return 'later';
    } catch (failure) {
      // The row stays where it is; the read that met it answers as it would have.
      this.#warn(failure);
      return undefined;
    }
  }

  /** Ends the thread; what it has not set aside is met again. */
  stop(): void {
    this.#pending.clear();
    this.#run = undefined;
    this.#gate?.stop(STOP_TIMEOUT_MS);
  }

  #warn(failure: unknown): void {
    const { logger, settings } = this.#context;
    logger.warn({ tier: settings.tier, code: codeOf(failure) }, 'a damaged row could not be set aside');
  }

  async #work(folding: LogFolding, run: symbol): Promise<void> {
    folding.pause();
    try {
      // Those that are met in the same turn go together.
      await Promise.resolve();
      while (this.#run === run && this.#pending.size > 0) {
        const rows = [...this.#pending.values()];
        try {
          await this.#inThread(rows);
        } catch (error) {
          this.#hasThreads = !isWithoutThread(error);
          this.#warn(error);
        }
        // What is there still is met again.
        if (this.#run === run) for (const { rowId } of rows) this.#pending.delete(Number(rowId));
      }
    } finally {
      if (this.#run === run) this.#run = undefined;
      folding.resume();
    }
  }

  #inThread(rows: readonly HeavyRow[]): Promise<void> {
    const { settings, layout } = this.#context;
    const { path, tier, durability, busyTimeoutMs } = settings;
    const gate = new CleanupGate();
    this.#gate = gate;
    const isDurable = durability === 'full';
    const workerData: HeavyTask = { path, tier, layout, isDurable, busyTimeoutMs, rows, memory: gate.memory };
    // The same file, as source or as built.
    const name = import.meta.url.endsWith('.ts') ? './oversized-row-worker.ts' : './oversized-row-worker.js';
    return new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(name, import.meta.url), { workerData, execArgv: [] });
      worker.once('error', reject);
      worker.once('message', () => resolve());
      worker.once('exit', () => resolve());
    });
  }
}
