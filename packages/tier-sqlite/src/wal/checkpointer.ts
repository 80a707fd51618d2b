import { Worker } from 'node:worker_threads';
import type { Logger } from '@pw/cache-models';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { codeOf } from '../database/storage-error.ts';
import { FoldingGate } from './checkpoint-gate.ts';
import type { FoldingTask } from './checkpoint-worker.ts';

/** Pages in the log from which it is folded into the database. */
const LONG_PAGES = 1000;
/** Writes between two looks at the log. */
const WRITES_A_LOOK = 4;
/** Pages in the log that make a commit fold it, if the thread does not get to its end: the log must not grow for ever. */
const TOO_LONG_PAGES = 16_384;
/** So long after a write the log is emptied, in milliseconds: it holds pages as they were before, with the tokens of what was removed. */
const EMPTY_AFTER_MS = 30_000;
/** Longest wait of a `close` for the thread, in milliseconds. */
const STOP_TIMEOUT_MS = 2000;

export interface LogFoldingOptions {
  readonly path: string;
  readonly tier: string;
  readonly logger: Logger;
  /** False where no thread is wanted. */
  readonly inThread: boolean;
}

/**
 * Folds the log of one connection into the database in a thread of its own: a commit would do it now and then, and hold up the event
 * loop until thousands of pages are copied and flushed. The thread is there while there is much to write. Without one, a
 * commit does it.
 */
export class LogFolding {
  readonly #db: SqliteDatabase;
  readonly #options: LogFoldingOptions;
  readonly #log: () => number;
  #thread: FoldingGate | undefined;
  #isPossible: boolean;
  /** How many others fold the log. */
  #pauses = 0;
  #writes = 0;
  #emptying: NodeJS.Timeout | undefined;

  constructor(db: SqliteDatabase, options: LogFoldingOptions) {
    this.#db = db;
    this.#options = options;
    this.#isPossible = options.inThread;
    const log = db.prepare('PRAGMA wal_checkpoint(NOOP)').raw();
    this.#log = () => {
      try {
        return (log.get() as [number, number, number])[1];
      } catch {
        // The write that it follows is stored, whatever this look at the log met.
        return 0;
      }
    };
    this.#tellCommits();
  }

  /** Something was committed. */
  wrote(): void {
    this.#emptyLater();
    if (++this.#writes < WRITES_A_LOOK || this.#isPaused || !this.#isPossible) return;
    this.#writes = 0;
    if (this.#log() < LONG_PAGES) return;
    this.#thread ??= this.#start();
    this.#thread?.want();
  }

  /** Somebody else folds the log, until `resume`. */
  pause(): void {
    this.#pauses++;
    this.#tellCommits();
  }

  resume(): void {
    this.#pauses--;
    if (!this.#db.open || this.#isPaused) return;
    this.#tellCommits();
    this.#emptyLater();
  }

  /** Ends the thread, and waits until its connection is closed. */
  stop(): void {
    clearTimeout(this.#emptying);
    this.#emptying = undefined;
    this.#isPossible = false;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.stop(STOP_TIMEOUT_MS);
  }

  #emptyLater(): void {
    this.#emptying ??= setTimeout(() => {
      this.#emptying = undefined;
      this.#empty();
    }, EMPTY_AFTER_MS).unref();
  }

  /** Again and again until the log is empty: somebody may be reading what it had before. */
  #empty(): void {
    if (this.#log() <= 0) return;
    this.#emptyLater();
    if (this.#isPaused) return;
    if (this.#isPossible) this.#thread ??= this.#start();
    if (this.#thread !== undefined) this.#thread.wantEmpty();
    else this.#truncate();
  }

  /** As with every fold without a thread, the event loop stands still meanwhile. */
  #truncate(): void {
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.#options.logger.debug({ tier: this.#options.tier, code: codeOf(error) }, 'the log could not be emptied yet');
    }
  }

  #start(): FoldingGate | undefined {
    const gate = new FoldingGate();
    const workerData: FoldingTask = { path: this.#options.path, memory: gate.memory };
    // The same file, as source or as built.
    const name = import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js';
    try {
      const worker = new Worker(new URL(name, import.meta.url), { workerData, execArgv: [] });
      worker.unref();
      worker.once('error', (error) => this.#failed(error));
      worker.once('exit', () => {
        if (this.#thread === gate) this.#thread = undefined;
      });
      return gate;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  /** No thread to be had, or it met a fault: commits do it from now on, and whoever commits meets the fault. */
  #failed(error: unknown): void {
    this.#options.logger.debug(
      { tier: this.#options.tier, code: codeOf(error) },
      'the log cannot be folded into the database in a thread; commits do it',
    );
    this.#isPossible = false;
    if (this.#db.open) this.#tellCommits();
  }

  get #isPaused(): boolean {
    return this.#pauses > 0;
  }

  #tellCommits(): void {
    const pages = this.#isPaused ? 0 : this.#isPossible ? TOO_LONG_PAGES : LONG_PAGES;
    this.#db.pragma(`wal_autocheckpoint = ${pages}`);
  }
}
