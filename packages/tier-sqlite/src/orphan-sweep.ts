import type { EntryStore } from './entry-store.ts';

/**
 * Removes side rows whose entry ProxyWhirl removed: it has foreign keys off, so nothing cascades. They harm nobody and are few,
 * so each call looks at some keys only, and at none once all were looked at and no other connection has written since.
 */
export class OrphanSweep {
  #after: string | undefined;
  #version: unknown;
  #cleanVersion: unknown;

  /** Looks at the next keys, `limit` of them at most. Runs inside a write transaction. Returns how many rows went. */
  next({ db, statements, layout: { table, side } }: EntryStore, limit: number): number {
    const version = db.pragma('data_version', { simple: true });
    if (version === this.#cleanVersion) return 0;
    if (this.#after === undefined) this.#version = version;
    const after = this.#after ?? '';
    const last = statements
      .of(`SELECT max(key) AS key, count(*) AS n FROM (SELECT key FROM ${side} WHERE key >= ? ORDER BY key LIMIT ?)`)
      .get(after, limit) as { key: string | null; n: number };
    if (last.n < limit) {
      this.#after = undefined;
      this.#cleanVersion = this.#version;
    } else this.#after = last.key!;
    if (last.key === null) return 0;
    const sql = `DELETE FROM ${side} WHERE key >= ? AND key <= ? AND NOT EXISTS (SELECT 1 FROM ${table} c WHERE c.key = ${side}.key)`;
    return statements.of(sql).run(after, last.key).changes;
  }
}
