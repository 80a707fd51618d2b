import type { EntryStatements } from '../rows/entry-statements.ts';
import { OrphanedLabels } from './orphaned-labels.ts';

/**
 * Removes side rows and labels whose entry ProxyWhirl removed: it has foreign keys off, so nothing cascades. They are
 * few and harmless, so a pass over all keys, side rows first and labels after them, is spread over many calls.
 * `#cleanVersion` is the `data_version` at which the last complete pass began: until another connection writes, or
 * `restart` is called, there is nothing to do.
 */
export class OrphanedRows {
  /** The last key of the previous call; `undefined` at the start of a pass. */
  #after: string | undefined;
  #version: unknown;
  #cleanVersion: unknown;
  #isAtLabels = false;
  readonly #labels = new OrphanedLabels();

  /** Starts a new pass: this connection itself left orphans behind, which does not change the `data_version`. */
  restart(): void {
    this.#version = undefined;
    this.#cleanVersion = undefined;
  }

  /** Processes the next keys, at most `limit`, inside a write transaction. Returns how many side rows were removed. */
  removeSome(statements: EntryStatements, limit: number): number {
    const version = statements.of('PRAGMA data_version').pluck().get();
    if (version === this.#cleanVersion) return 0;
    if (this.#after === undefined && !this.#isAtLabels) this.#version = version;
    if (this.#isAtLabels) {
      this.#isAtLabels = !this.#labels.removeSome(statements, limit);
      if (!this.#isAtLabels) this.#cleanVersion = this.#version;
      return 0;
    }
    const removed = this.#removeSideRows(statements, limit);
    this.#isAtLabels = this.#after === undefined;
    return removed;
  }

  #removeSideRows(statements: EntryStatements, limit: number): number {
    const { table, side } = statements.layout;
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
