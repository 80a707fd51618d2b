import { Worker } from 'node:worker_threads';
import type { ScrubTask } from './vacuum-worker.ts';

/** A database that is being scrubbed in a thread. */
export interface Scrubbing {
  /** Rejects with what {@link import('./vacuum-database.ts').scrubDatabase} throws. */
  readonly done: Promise<void>;
  /** Ends the thread, and resolves once it is gone: a step that SQLite is in the middle of is finished first. */
  stop(): Promise<void>;
}

/** Scrubs a database in a thread of its own. Throws where no thread may be started. */
export function scrubInThread(task: ScrubTask): Scrubbing {
  // The same file, as source or as built.
  const name = import.meta.url.endsWith('.ts') ? './vacuum-worker.ts' : './vacuum-worker.js';
  const worker = new Worker(new URL(name, import.meta.url), { workerData: task, execArgv: [] });
  const done = new Promise<void>((resolve, reject) => {
    let isDone = false;
    worker.once('error', reject);
    worker.once('message', () => {
      isDone = true;
    });
    worker.once('exit', () => {
      if (isDone) resolve();
      else reject(Object.assign(new Error('the thread ended early'), { code: 'SQLITE_INTERRUPT' }));
    });
  });
  // Who stops it does not wait for it.
  done.catch(() => {});
  return { done, stop: async () => void (await worker.terminate()) };
}
