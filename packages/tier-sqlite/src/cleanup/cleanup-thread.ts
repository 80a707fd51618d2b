import { STOP_TIMEOUT_MS, startWorker, workerDone } from '../database/start-worker.ts';
import { CleanupGate } from './cleanup-gate.ts';
import type { CleanupTask } from './cleanup-worker.ts';

/** A cleanup in a worker thread, which does not block the event loop. */
export class CleanupThread {
  readonly gate = new CleanupGate();
  /**
   * Resolves with the number of removed rows when the cleanup has ended or was stopped; rejects with the error that
   * ended it.
   */
  readonly done: Promise<number>;

  constructor(task: Omit<CleanupTask, 'memory'>) {
    this.done = this.#run({ ...task, memory: this.gate.memory });
  }

  stop(): void {
    this.gate.stop(STOP_TIMEOUT_MS);
  }

  async #run(task: CleanupTask): Promise<number> {
    await workerDone(startWorker('cleanup-worker', import.meta.url, task));
    return this.gate.removed;
  }
}
