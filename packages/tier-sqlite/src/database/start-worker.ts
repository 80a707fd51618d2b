import { Worker } from 'node:worker_threads';
import { CacheErrorCode } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';

/** Longest wait of a `close` for a worker to finish its transaction, in milliseconds. */
export const STOP_TIMEOUT_MS = 2000;

/**
 * Starts the worker `name`. `from` is the caller's `import.meta.url`: a worker's file is beside the caller's in the
 * sources, and beside the bundle when built. Throws where no worker may be started.
 */
export function startWorker(name: string, from: string, workerData: object): Worker {
  const extension = from.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./${name}.${extension}`, from), { workerData, execArgv: [] });
}

/**
 * Resolves when a worker reports that it is done, which is some milliseconds before its thread ends, or when it ends
 * without a report, as after `process.exit()`. Rejects with the error that stopped it.
 */
export function workerDone(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => resolve());
    worker.once('exit', () => resolve());
  });
}

/**
 * True if a worker failed because it could not run at all, for example because a bundle lacks its file: SQLite was not
 * involved.
 */
export function isThreadUnavailable(error: unknown): boolean {
  const code = errorCode(error);
  return code !== CacheErrorCode.SCHEMA_REFUSED && code?.startsWith('SQLITE_') !== true;
}
