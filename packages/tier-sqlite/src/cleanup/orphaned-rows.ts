import type { EntryStore } from '../rows/row-store.ts';
import { LabelSweep } from './orphaned-labels.ts';

/**
 * Removes side rows and labels whose entry ProxyWhirl removed: it has foreign keys off, so nothing cascades. They harm nobody and are few,
 * so each call looks at some keys only, and at none once all were looked at and no other connection has written since.
 */
export class OrphanSweep {
  #after: string | undefined;
  #version: unknown;
  #cleanVersion: unknown;
  /** Side rows go before labels. */
  #isAtLabels = false;
  readonly #labels = new LabelSweep();

  /** Something was left that no other connection has written. */
  restart(): void {
    this.#version = undefined;
    this.#cleanVersion = undefined;
  }

  /** Looks at the next keys, `limit` of them at most. Runs inside a write transaction. Returns how many side rows went. */
  next(store: EntryStore, limit: number): number {
    const version = store.db.pragma('data_version', { simple: true });
    if (version === this.#cleanVersion) return 0;
    if (this.#after === undefined && !this.#isAtLabels) this.#version = version;
    if (this.#isAtLabels) {
      this.#isAtLabels = !this.#labels.next(store, limit);
      if (!this.#isAtLabels) this.#cleanVersion = this.#version;
      return 0;
    }
    const removed = this.#sideRows(store, limit);
    this.#isAtLabels = this.#after === undefined;
    return removed;
  }

  #sideRows({ statements, layout: { table, side } }: EntryStore, limit: number): number {
    const after = this.#after ?? '';
    const last = statements
      .of(`SELECT max(key) AS key, count(*) AS n FROM (SELECT key FROM ${side} WHERE key >= ? ORDER BY key LIMIT ?)`)
      .get(after, limit) as { key: string | null; n: number };
    this.#after = last.n < limit ? undefined : last.key!;
    if (last.key === null) return 0;
    const sql = `DELETE FROM ${side} WHERE key >= ? AND key <= ? AND NOT EXISTS (SELECT 1 FROM ${table} c WHERE c.key = ${side}.key)`;
    return statements.of(sql).run(after, last.key).changes;
  }
}
