import { createRequire } from 'node:module';
import { workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { hardenConnection } from '../database/harden-connection.ts';
import { FoldingGate } from './checkpoint-gate.ts';

/** What the thread is to do. */
export interface FoldingTask {
  readonly path: string;
  readonly memory: SharedArrayBuffer;
}

/** A thread that nobody needed for so long ends. */
const IDLE_MS = 2000;
/** Between two tries while somebody reads what the log had before, or writes on. */
const PAUSE_MS = 5;
/** Tries at one request to fold the log to its end: only then it begins anew, instead of growing. */
const TRIES = 20;

const nobody = new Int32Array(new SharedArrayBuffer(4));
const task = workerData as FoldingTask;
const gate = new FoldingGate(task.memory);
if (gate.opens()) {
  try {
    foldOnRequest();
  } finally {
    gate.closed();
  }
}

function foldOnRequest(): void {
  const Database = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite3;
  const db = new Database(task.path, { timeout: 0, fileMustExist: true });
  try {
    hardenConnection(db);
    // The log is flushed before what it holds is copied, and the database after.
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    for (let done = 0; !gate.isStopped; ) {
      const { wanted } = gate;
      if (wanted === done) {
        if (!gate.awaitMore(done, IDLE_MS)) return;
        continue;
      }
      if (fold(db) && gate.takeEmpty()) db.pragma('wal_checkpoint(TRUNCATE)');
      done = wanted;
    }
  } finally {
    db.close();
  }
}

/** PASSIVE: it waits for nobody, and nobody for it. True if it came to the end of the log: what then is left to do holds nobody up. */
function fold(db: BetterSqlite3.Database): boolean {
  for (let tries = 0; tries < TRIES && !gate.isStopped; tries++) {
    const [row] = db.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
    if (row === undefined || row.checkpointed >= row.log) return true;
    Atomics.wait(nobody, 0, 0, PAUSE_MS);
  }
  return false;
}
