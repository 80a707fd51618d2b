import { parentPort, workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { retryWhenBusy } from '../database/retry-when-busy.ts';
import { connectInWorker } from '../database/worker-connection.ts';
import { fewBytesOf } from '../health/check-tombstones.ts';
import { removeLabels } from '../rows/label-rows.ts';
import { StructureCheck } from '../schema/check-structure.ts';
import { StructureWatch } from '../schema/structure-watch.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { CleanupGate } from './cleanup-gate.ts';

/** What the thread is to do. */
export interface CleanupTask {
  readonly path: string;
  readonly tier: string;
  readonly layout: TableLayout;
  /** Epoch seconds: rows that expire at this time or before go. */
  readonly now: number;
  readonly isDurable: boolean;
  readonly busyTimeoutMs: number;
  /** Rows between two looks at who waits. */
  readonly slice: number;
  readonly memory: SharedArrayBuffer;
}

/** A transaction ends after this time even if nobody of this process waits: other processes wait unseen. */
const LONGEST_TURN_MS = 600;
const PAUSE_MS = 5;
/** Checks of the history, and labels, that go between two looks at who waits. */
const CHECKS_A_STEP = 1000;
/** Pages in the log from which it is folded into the database between two turns. */
const CHECKPOINT_PAGES = 16_384;

const task = workerData as CleanupTask;
const gate = new CleanupGate(task.memory);
try {
  if (!gate.isStopped) cleanUp();
  parentPort?.postMessage('done');
} finally {
  gate.finish();
}

function cleanUp(): void {
  const db = connectInWorker(task.path, task.isDurable);
  try {
    removeAll(db);
  } finally {
    db.close();
  }
}

/** In the order of the rows, not of their expiry: neighbours share pages. */
function removeAll(db: BetterSqlite3.Database): void {
  const { now } = task;
  const { table, isFull, labels } = task.layout;
  const structure = new StructureWatch(db, new StructureCheck(task.layout, task.tier));
  structure.verify();
  db.prepare(`CREATE TEMP TABLE doomed AS SELECT rowid AS id FROM ${table} WHERE expires_at <= ? ORDER BY rowid`).run(
    now,
  );
  const count = db.prepare('SELECT count(*) FROM doomed').pluck().get() as number;
  // Expiry is looked at again: a row may have been stored anew since.
  const statement = db.prepare(
    `DELETE FROM ${table} WHERE rowid IN (SELECT id FROM doomed WHERE rowid > ? AND rowid <= ?) AND expires_at <= ?`,
  );
  const some = `WHERE d.rowid > ? AND d.rowid <= ? AND c.expires_at <= ? LIMIT ${CHECKS_A_STEP}`;
  const entries = `doomed d CROSS JOIN ${table} c ON c.rowid = d.id`;
  // They would go along with their rows, any number of them in one statement.
  const checks = isFull
    ? db.prepare(
        `DELETE FROM health_history WHERE id IN (${fewBytesOf(`SELECT h.id FROM ${entries} CROSS JOIN health_history h ON h.proxy_key = c.key ${some}`)})`,
      )
    : undefined;
  // These would stay.
  const ofEntries =
    labels === null
      ? undefined
      : db.prepare(removeLabels(labels, `${entries} CROSS JOIN ${labels} l ON l.key = c.key ${some}`));
  const turn: Turn = {
    next: 0,
    count,
    size: task.slice,
    verify: () => structure.verifyForWrite(),
    removeFirst: (from, to) => (checks?.run(from, to, now).changes ?? 0) + (ofEntries?.run(from, to, now).changes ?? 0),
    remove: (from, to) => statement.run(from, to, now).changes,
  };
  while (turn.next < count && !gate.isStopped) {
    retryWhenBusy(() => takeTurn(db, turn), task.busyTimeoutMs);
    // In this thread and between two turns, so that no put pays for it. It leaves to a reader what that still needs.
    const isLast = turn.next >= count;
    if (isLast || logPages(db) >= CHECKPOINT_PAGES) db.pragma('wal_checkpoint(PASSIVE)');
    // Other processes get their moment.
    if (!isLast) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

interface Turn {
  /** How many of the doomed rows have been dealt with. */
  next: number;
  readonly count: number;
  /** Rows between two looks at who waits: fewer when somebody does, as their pages must all be written at once. */
  size: number;
  /** Throws if nothing may be removed any more. */
  readonly verify: () => void;
  /** Some of the checks and labels of rows that are to be removed; a turn may end before all have gone, and the entries go in the next one. */
  readonly removeFirst: (from: number, to: number) => number;
  readonly remove: (from: number, to: number) => number;
}

/** One transaction. Throws, and has removed nothing, if another connection has the lock. */
function takeTurn(db: BetterSqlite3.Database, turn: Turn): void {
  gate.hold(task.busyTimeoutMs);
  let removed = 0;
  try {
    let { next } = turn;
    const end = performance.now() + LONGEST_TURN_MS;
    db.transaction(() => {
      turn.verify();
      do {
        if (turn.removeFirst(next, next + turn.size) > 0) continue;
        removed += turn.remove(next, next + turn.size);
        next += turn.size;
      } while (next < turn.count && !gate.isWanted && performance.now() < end);
    }).immediate();
    turn.next = next;
    turn.size = gate.isWanted ? Math.ceil(turn.size / 2) : Math.min(task.slice, turn.size * 2);
  } catch (error) {
    removed = 0;
    throw error;
  } finally {
    gate.release(removed);
  }
}

function logPages(db: BetterSqlite3.Database): number {
  const [row] = db.pragma('wal_checkpoint(NOOP)') as { log: number }[];
  return row?.log ?? 0;
}
