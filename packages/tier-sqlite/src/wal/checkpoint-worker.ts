import { workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { sleepSync } from '../database/sleep-sync.ts';
import { openInWorker } from '../database/worker-connection.ts';
import { CheckpointGate } from './checkpoint-gate.ts';

/** The worker's input. */
export interface CheckpointTask {
  readonly path: string;
  readonly memory: SharedArrayBuffer;
}

/** The worker ends after this long without a request. */
const IDLE_MS = 2000;
/** Pause between two attempts while other connections still read older pages of the log, or keep writing. */
const PAUSE_MS = 5;
/** Attempts per request to reach the end of the log: only then does SQLite restart it instead of growing it. */
const MAX_ATTEMPTS = 20;

const task = workerData as CheckpointTask;
const gate = new CheckpointGate(task.memory);
if (gate.tryOpen()) {
  try {
    serveRequests();
  } finally {
    gate.closed();
  }
}

function serveRequests(): void {
  const db = openInWorker(task.path, (connection) => {
    // The log is flushed before its pages are copied, and the database after.
    connection.pragma('synchronous = FULL');
  });
  try {
    for (let done = 0; !gate.isStopped; ) {
      const { requests } = gate;
      if (requests === done) {
        if (!gate.awaitMore(done, IDLE_MS)) return;
        continue;
      }
      if (checkpoint(db) && gate.takeTruncate()) db.pragma('wal_checkpoint(TRUNCATE)');
      done = requests;
    }
  } finally {
    db.close();
  }
}

/**
 * PASSIVE neither waits for others nor makes them wait. Returns true once the whole log is copied: truncating it then
 * delays no other connection.
 */
function checkpoint(db: BetterSqlite3.Database): boolean {
  for (let attempts = 0; attempts < MAX_ATTEMPTS && !gate.isStopped; attempts++) {
    const [row] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
    if (row === undefined || row.checkpointed >= row.log) return true;
    sleepSync(PAUSE_MS);
  }
  return false;
}
