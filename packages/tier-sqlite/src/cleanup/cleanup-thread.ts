import { Worker } from 'node:worker_threads';
import { CacheErrorCode } from '@pw/cache-models';
import { codeOf } from '../database/storage-error.ts';
import { CleanupGate } from './cleanup-gate.ts';
import type { CleanupTask } from './cleanup-worker.ts';

/** Longest wait of a `close` for the thread to finish its transaction, in milliseconds. */
const STOP_TIMEOUT_MS = 2000;

/** True if a thread failed because there is none to be had, as where a bundler left its file behind: SQLite had no part in it. */
export function isWithoutThread(error: unknown): boolean {
  const code = codeOf(error);
  return code !== CacheErrorCode.SCHEMA_REFUSED && code?.startsWith('SQLITE_') !== true;
}

/** A cleanup under way in a thread of its own: the event loop goes on meanwhile. */
export class CleanupThread {
  readonly gate = new CleanupGate();
  /** Settles when the thread has ended, with the number of rows removed; rejects with what stopped it, if that is not `stop`. */
  readonly done: Promise<number>;

  constructor(task: Omit<CleanupTask, 'memory'>) {
    const workerData: CleanupTask = { ...task, memory: this.gate.memory };
    // The same file, as source or as built.
    const name = import.meta.url.endsWith('.ts') ? './cleanup-worker.ts' : './cleanup-worker.js';
    this.done = new Promise<number>((resolve, reject) => {
      // It throws where no thread may be started.
      const worker = new Worker(new URL(name, import.meta.url), { workerData, execArgv: [] });
      worker.once('error', reject);
      // The end of the work, some milliseconds before the end of the thread; without one, as after process.exit(), the latter.
      worker.once('message', () => resolve(this.gate.removed));
      worker.once('exit', () => resolve(this.gate.removed));
    });
  }

  stop(): void {
    this.gate.stop(STOP_TIMEOUT_MS);
  }
}
