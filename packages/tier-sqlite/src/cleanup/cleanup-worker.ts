import { parentPort, workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { retryWhenBusy } from '../database/retry-when-busy.ts';
import { sleepSync } from '../database/sleep-sync.ts';
import { openWriterInWorker } from '../database/worker-connection.ts';
import { fewBytesOf } from '../health/check-tombstones.ts';
import { isUnmarkedSql } from '../marks/mark-rows.ts';
import { removeLabels } from '../rows/label-rows.ts';
import { StructureCheck } from '../schema/check-structure.ts';
import { StructureWatch } from '../schema/structure-watch.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { CleanupGate } from './cleanup-gate.ts';

/** The worker's input. */
export interface CleanupTask {
  readonly path: string;
  readonly tier: string;
  readonly layout: TableLayout;
  /** Epoch seconds: rows that expire at this time or earlier are removed. */
  readonly now: number;
  readonly isDurable: boolean;
  readonly busyTimeoutMs: number;
  /** Rows removed before the worker checks again whether a write is waiting. */
  readonly slice: number;
  readonly memory: SharedArrayBuffer;
}

/**
 * A transaction ends after this time even if no write of this process is waiting: writers of other processes cannot
 * announce themselves.
 */
const MAX_TRANSACTION_MS = 600;
/** Pause between two transactions, in which other processes can write. */
const PAUSE_MS = 5;
/** Health checks, and labels, removed in one step. */
const CHILDREN_PER_STEP = 1000;
/** Length of the log, in pages, from which it is checkpointed between two transactions. */
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
  const db = openWriterInWorker(task.path, task.isDurable);
  try {
    removeAll(db);
  } finally {
    db.close();
  }
}

/** Removes the rows in the order of rowids, not of expiry, since neighbouring rows share pages. */
function removeAll(db: BetterSqlite3.Database): void {
  const { now } = task;
  const { table, isFull, labels } = task.layout;
  const structure = new StructureWatch(db, new StructureCheck(task.layout, task.tier));
  structure.verify();
  db.prepare(`CREATE TEMP TABLE doomed AS SELECT rowid AS id FROM ${table} WHERE expires_at <= ? ORDER BY rowid`).run(
    now,
  );
  const count = db.prepare('SELECT count(*) FROM doomed').pluck().get() as number;
  const isUnmarked = isUnmarkedSql(task.layout);
  // Expiry is tested again, as a row may have been replaced since.
  const statement = db.prepare(
    `DELETE FROM ${table} AS c WHERE rowid IN (SELECT id FROM doomed WHERE rowid > ? AND rowid <= ?) AND expires_at <= ? AND ${isUnmarked}`,
  );
  const some = `WHERE d.rowid > ? AND d.rowid <= ? AND c.expires_at <= ? AND ${isUnmarked} LIMIT ${CHILDREN_PER_STEP}`;
  const entries = `doomed d CROSS JOIN ${table} c ON c.rowid = d.id`;
  // Removed explicitly, since the cascade would remove any number of health checks in one statement.
  const checks = isFull
    ? db.prepare(
        `DELETE FROM health_history WHERE id IN (${fewBytesOf(`SELECT h.id FROM ${entries} CROSS JOIN health_history h ON h.proxy_key = c.key ${some}`)})`,
      )
    : undefined;
  // Labels have no foreign key, so no cascade removes them.
  const labelRows =
    labels === null
      ? undefined
      : db.prepare(removeLabels(labels, `${entries} CROSS JOIN ${labels} l ON l.key = c.key ${some}`));
  const work: Work = {
    next: 0,
    count,
    size: task.slice,
    verify: () => structure.verifyForWrite(),
    removeChildren: (from, to) =>
      (checks?.run(from, to, now).changes ?? 0) + (labelRows?.run(from, to, now).changes ?? 0),
    remove: (from, to) => statement.run(from, to, now).changes,
  };
  while (work.next < count && !gate.isStopped) {
    retryWhenBusy(() => runTransaction(db, work), task.busyTimeoutMs);
    // The log is checkpointed in this thread, so that no put has to do it. Pages that a reader still needs stay in it.
    const isLast = work.next >= count;
    if (isLast || logPages(db) >= CHECKPOINT_PAGES) db.pragma('wal_checkpoint(PASSIVE)');
    if (!isLast) sleepSync(PAUSE_MS);
  }
}

interface Work {
  /** Number of rows of `doomed` that are done. */
  next: number;
  readonly count: number;
  /** Rows per slice: fewer while a write is waiting, as the commit has to write all their pages. */
  size: number;
  /** Throws if the schema is no longer accepted. */
  readonly verify: () => void;
  /**
   * Removes some health checks and labels of these rows; returns how many. The rows themselves follow once it returns
   * 0.
   */
  readonly removeChildren: (from: number, to: number) => number;
  readonly remove: (from: number, to: number) => number;
}

/** Throws, having removed nothing, if another connection has the lock. */
function runTransaction(db: BetterSqlite3.Database, work: Work): void {
  gate.hold(task.busyTimeoutMs);
  let removed = 0;
  try {
    let { next } = work;
    const end = performance.now() + MAX_TRANSACTION_MS;
    db.transaction(() => {
      work.verify();
      do {
        if (work.removeChildren(next, next + work.size) > 0) continue;
        removed += work.remove(next, next + work.size);
        next += work.size;
      } while (next < work.count && !gate.isWanted && performance.now() < end);
    }).immediate();
    work.next = next;
    work.size = gate.isWanted ? Math.ceil(work.size / 2) : Math.min(task.slice, work.size * 2);
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
