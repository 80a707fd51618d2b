import { parentPort, workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { CleanupGate } from '../cleanup/cleanup-gate.ts';
import { retryWhenBusy } from '../database/retry-when-busy.ts';
import { openWriterInWorker } from '../database/worker-connection.ts';
import { newestPosition, nextPosition } from '../log/write-log.ts';
import { removeLabels } from '../rows/label-rows.ts';
import { isKey } from '../rows/value-limits.ts';
import { StructureCheck } from '../schema/check-structure.ts';
import { StructureWatch } from '../schema/structure-watch.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { copyToQuarantine, deleteRow, isOversizedRow, type RowId } from './quarantine-row.ts';

/** A damaged row that is longer than any valid one. */
export interface OversizedRow {
  readonly rowId: RowId;
  readonly reason: string;
  /** When it was found, in epoch seconds. */
  readonly now: number;
}

/** The worker's input. */
export interface OversizedRowTask {
  readonly path: string;
  readonly tier: string;
  readonly layout: TableLayout;
  readonly isDurable: boolean;
  readonly busyTimeoutMs: number;
  readonly rows: readonly OversizedRow[];
  readonly memory: SharedArrayBuffer;
}

/** Health checks, or labels, removed in one transaction. */
const CHILDREN_PER_STEP = 1000;

const task = workerData as OversizedRowTask;
const gate = new CleanupGate(task.memory);
try {
  if (!gate.isStopped) setAsideAll();
  parentPort?.postMessage('done');
} finally {
  gate.finish();
}

function setAsideAll(): void {
  const db = openWriterInWorker(task.path, task.isDurable);
  try {
    const structure = new StructureWatch(db, new StructureCheck(task.layout, task.tier));
    structure.verify();
    for (const row of task.rows) {
      while (!gate.isStopped && transact(db, structure, () => removeStep(db, row)));
      // The log is checkpointed in this thread, so that no put has to do it.
      db.pragma('wal_checkpoint(PASSIVE)');
    }
  } finally {
    db.close();
  }
}

/**
 * Removes some of the rows that depend on the row or, when none is left, the row itself; true if more is left. A row
 * that changed meanwhile stays.
 */
function removeStep(db: BetterSqlite3.Database, { rowId, reason, now }: OversizedRow): boolean {
  const { layout } = task;
  if (!isOversizedRow(db, layout, rowId)) return false;
  const { table, labels } = layout;
  const checks = `SELECT h.id FROM ${table} c NOT INDEXED CROSS JOIN health_history h ON h.proxy_key = c.key WHERE c.rowid = ? LIMIT ${CHILDREN_PER_STEP}`;
  const sql = `DELETE FROM health_history WHERE id IN (${checks})`;
  if (layout.isFull && db.prepare(sql).run(rowId).changes > 0) return true;
  if (labels !== null) {
    const some = `${table} c NOT INDEXED CROSS JOIN ${labels} l ON l.key = c.key WHERE c.rowid = ? LIMIT ${CHILDREN_PER_STEP}`;
    if (db.prepare(removeLabels(labels, some)).run(rowId).changes > 0) return true;
  }
  copyToQuarantine(db, layout, rowId, reason, now);
  logRemoval(db, layout, rowId, now);
  deleteRow(db, layout, rowId);
  return false;
}

/** Adds the removal of a row to the log, unless the key itself is damaged. `now`: epoch seconds. */
function logRemoval(db: BetterSqlite3.Database, layout: TableLayout, rowId: RowId, now: number): void {
  const sql = `SELECT key FROM ${layout.table} NOT INDEXED WHERE rowid = ? AND ${isKey('key')}`;
  const key = db.prepare(sql).pluck().get(rowId) as string | undefined;
  if (key === undefined) return;
  const newest = (db.prepare(newestPosition(layout)).pluck().get() as number | undefined) ?? 0;
  db.prepare(`INSERT INTO ${layout.changes} (position, key) VALUES (?, ?)`).run(nextPosition(now * 1000, newest), key);
}

function transact(db: BetterSqlite3.Database, structure: StructureWatch, work: () => boolean): boolean {
  return retryWhenBusy(() => {
    gate.hold(0);
    try {
      return db
        .transaction(() => {
          structure.verifyForWrite();
          return work();
        })
        .immediate();
    } finally {
      gate.release(0);
    }
  }, task.busyTimeoutMs);
}
