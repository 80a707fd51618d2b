import { parentPort, workerData } from 'node:worker_threads';
import type BetterSqlite3 from 'better-sqlite3';
import { CleanupGate } from '../cleanup/cleanup-gate.ts';
import { retryWhenBusy } from '../database/retry-when-busy.ts';
import { connectInWorker } from '../database/worker-connection.ts';
import { removeLabels } from '../rows/label-rows.ts';
import { StructureCheck } from '../schema/check-structure.ts';
import { StructureWatch } from '../schema/structure-watch.ts';
import type { TableLayout } from '../schema/table-layout.ts';
import { isHeavyRow, keepRow, type RowId, removeRow } from './quarantine-row.ts';

/** A damaged row that is longer than any sound one. */
export interface HeavyRow {
  readonly rowId: RowId;
  readonly reason: string;
  /** When it was found, in epoch seconds. */
  readonly now: number;
}

/** What the thread is to do. */
export interface HeavyTask {
  readonly path: string;
  readonly tier: string;
  readonly layout: TableLayout;
  readonly isDurable: boolean;
  readonly busyTimeoutMs: number;
  readonly rows: readonly HeavyRow[];
  readonly memory: SharedArrayBuffer;
}

/** Checks of the history, or labels, that go in one transaction. */
const CHECKS_A_STEP = 1000;

const task = workerData as HeavyTask;
const gate = new CleanupGate(task.memory);
try {
  if (!gate.isStopped) setAsideAll();
  parentPort?.postMessage('done');
} finally {
  gate.finish();
}

function setAsideAll(): void {
  const db = connectInWorker(task.path, task.isDurable);
  try {
    const structure = new StructureWatch(db, new StructureCheck(task.layout, task.tier));
    structure.verify();
    for (const row of task.rows) {
      while (!gate.isStopped && write(db, structure, () => removeSome(db, row)));
      // In this thread, so that no put pays for it.
      db.pragma('wal_checkpoint(PASSIVE)');
    }
  } finally {
    db.close();
  }
}

/** True if more is left of it. A row that somebody made anew, or removed, meanwhile is left alone. */
function removeSome(db: BetterSqlite3.Database, { rowId, reason, now }: HeavyRow): boolean {
  const { layout } = task;
  if (!isHeavyRow(db, layout, rowId)) return false;
  const { table, labels } = layout;
  const checks = `SELECT h.id FROM ${table} c NOT INDEXED CROSS JOIN health_history h ON h.proxy_key = c.key WHERE c.rowid = ? LIMIT ${CHECKS_A_STEP}`;
  const sql = `DELETE FROM health_history WHERE id IN (${checks})`;
  if (layout.isFull && db.prepare(sql).run(rowId).changes > 0) return true;
  if (labels !== null) {
    const some = `${table} c NOT INDEXED CROSS JOIN ${labels} l ON l.key = c.key WHERE c.rowid = ? LIMIT ${CHECKS_A_STEP}`;
    if (db.prepare(removeLabels(labels, some)).run(rowId).changes > 0) return true;
  }
  keepRow(db, layout, rowId, reason, now);
  removeRow(db, layout, rowId);
  return false;
}

function write(db: BetterSqlite3.Database, structure: StructureWatch, work: () => boolean): boolean {
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
