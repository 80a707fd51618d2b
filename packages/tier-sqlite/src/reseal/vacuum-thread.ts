import { ignoreRejection } from '@pw/cache-models/tier';
import { startWorker } from '../database/start-worker.ts';
import type { VacuumTask } from './vacuum-worker.ts';

/** A VACUUM that runs in a worker thread. */
export interface VacuumRun {
  /** Rejects with what `vacuumDatabase` throws. */
  readonly done: Promise<void>;
  /** Ends the thread, and resolves when it has ended: SQLite completes the step that it is in. */
  stop(): Promise<void>;
}

/** Throws where no thread may be started. */
export function vacuumInThread(task: VacuumTask): VacuumRun {
  const worker = startWorker('vacuum-worker', import.meta.url, task);
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
  // A caller that stops the thread does not await this.
  ignoreRejection(done);
  return { done, stop: async () => void (await worker.terminate()) };
}
