import { Worker } from 'node:worker_threads';
import type { ScrubTask } from './scrub-worker.ts';

/** Runs {@link import('./scrub-database.ts').scrubDatabase} in a thread of its own; rejects with what it throws. */
export function scrubInThread(task: ScrubTask): Promise<void> {
  // The same file, as source or as built.
  const name = import.meta.url.endsWith('.ts') ? './scrub-worker.ts' : './scrub-worker.js';
  return new Promise<void>((resolve, reject) => {
    let isDone = false;
    // It throws where no thread may be started.
    const worker = new Worker(new URL(name, import.meta.url), { workerData: task, execArgv: [] });
    worker.once('error', reject);
    worker.once('message', () => {
      isDone = true;
    });
    worker.once('exit', () => {
      if (isDone) resolve();
      else reject(Object.assign(new Error('the thread ended early'), { code: 'SQLITE_INTERRUPT' }));
    });
  });
}
