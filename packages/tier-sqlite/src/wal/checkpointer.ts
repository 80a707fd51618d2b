import type { Logger } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { STOP_TIMEOUT_MS, startWorker } from '../database/start-worker.ts';
import { CheckpointGate } from './checkpoint-gate.ts';
import type { CheckpointTask } from './checkpoint-worker.ts';

/** Length of the log, in pages, from which it is checkpointed. */
const LONG_PAGES = 1000;
/** The length is queried only once per this many writes. */
const WRITES_PER_QUERY = 4;
/**
 * Length at which a commit checkpoints although there is a worker, so that the log does not grow without bound if the
 * worker never gets to its end.
 */
const TOO_LONG_PAGES = 16_384;
/**
 * The log is truncated this long after a write, in milliseconds: it contains older states of pages, with the tokens of
 * removed entries.
 */
const TRUNCATE_AFTER_MS = 30_000;

export interface CheckpointerOptions {
  readonly path: string;
  readonly tier: string;
  readonly logger: Logger;
  /** Whether a worker may be used. */
  readonly inThread: boolean;
}

/**
 * Checkpoints the write-ahead log of one connection. There are three states, and `wal_autocheckpoint` is always set for
 * the current one:
 *
 * - A worker is possible: it is started when the log is long and ends when idle. Commits checkpoint only a log that it
 *   fails to shorten, as a commit that copies thousands of pages blocks the event loop.
 * - No worker is possible (none wanted, none available, or it failed): commits checkpoint, and the operation that
 *   commits gets the fault.
 * - Paused: other code checkpoints, such as a cleanup in its own worker. Pauses nest.
 *
 * In the first two states, a timer truncates the log some time after the last write.
 */
export class Checkpointer {
  readonly #db: SqliteDatabase;
  readonly #options: CheckpointerOptions;
  readonly #logPages: () => number;
  #worker: CheckpointGate | undefined;
  #isWorkerPossible: boolean;
  #pauses = 0;
  #writes = 0;
  #truncation: NodeJS.Timeout | undefined;

  constructor(db: SqliteDatabase, options: CheckpointerOptions) {
    this.#db = db;
    this.#options = options;
    this.#isWorkerPossible = options.inThread;
    const log = db.prepare('PRAGMA wal_checkpoint(NOOP)').raw();
    this.#logPages = () => {
      try {
        return (log.get() as [number, number, number])[1];
      } catch {
        // The preceding write is stored, whatever went wrong here.
        return 0;
      }
    };
    this.#configureCommits();
  }

  /** To be called after each commit. */
  wrote(): void {
    this.#scheduleTruncation();
    if (++this.#writes < WRITES_PER_QUERY || this.#isPaused || !this.#isWorkerPossible) return;
    this.#writes = 0;
    if (this.#logPages() < LONG_PAGES) return;
    this.#worker ??= this.#start();
    this.#worker?.request();
  }

  /** Stops checkpoints until `resume`, because other code does them. */
  pause(): void {
    this.#pauses++;
    this.#configureCommits();
  }

  resume(): void {
    this.#pauses--;
    if (!this.#db.open || this.#isPaused) return;
    this.#configureCommits();
    this.#scheduleTruncation();
  }

  /** Ends the worker, and waits until its connection is closed. */
  stop(): void {
    clearTimeout(this.#truncation);
    this.#truncation = undefined;
    this.#isWorkerPossible = false;
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.stop(STOP_TIMEOUT_MS);
  }

  #scheduleTruncation(): void {
    this.#truncation ??= setTimeout(() => {
      this.#truncation = undefined;
      this.#truncate();
    }, TRUNCATE_AFTER_MS).unref();
  }

  /** Repeats itself until the log is empty: a reader of an older state may keep it from being truncated. */
  #truncate(): void {
    if (this.#logPages() <= 0) return;
    this.#scheduleTruncation();
    if (this.#isPaused) return;
    if (this.#isWorkerPossible) this.#worker ??= this.#start();
    if (this.#worker !== undefined) this.#worker.requestTruncate();
    else this.#truncateHere();
  }

  /** Blocks the event loop, as every checkpoint without a worker does. */
  #truncateHere(): void {
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.#options.logger.debug(
        { tier: this.#options.tier, code: errorCode(error) },
        'the log could not be truncated yet',
      );
    }
  }

  #start(): CheckpointGate | undefined {
    const gate = new CheckpointGate();
    const task: CheckpointTask = { path: this.#options.path, memory: gate.memory };
    try {
      const worker = startWorker('checkpoint-worker', import.meta.url, task);
      worker.unref();
      worker.once('error', (error) => this.#giveUpWorker(error));
      worker.once('exit', () => {
        if (this.#worker === gate) this.#worker = undefined;
      });
      return gate;
    } catch (error) {
      this.#giveUpWorker(error);
      return undefined;
    }
  }

  #giveUpWorker(error: unknown): void {
    this.#options.logger.debug(
      { tier: this.#options.tier, code: errorCode(error) },
      'the log cannot be checkpointed in a worker thread; commits do it',
    );
    this.#isWorkerPossible = false;
    if (this.#db.open) this.#configureCommits();
  }

  get #isPaused(): boolean {
    return this.#pauses > 0;
  }

  #configureCommits(): void {
    const pages = this.#isPaused ? 0 : this.#isWorkerPossible ? TOO_LONG_PAGES : LONG_PAGES;
    this.#db.pragma(`wal_autocheckpoint = ${pages}`);
  }
}
