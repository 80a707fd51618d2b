import { EvictionPolicy } from '@pw/cache-models';
import type { SqliteDatabase } from '../database/load-binding.ts';
import { isUnmarkedSql } from '../marks/mark-rows.ts';
import { evictionIndex } from '../schema/schema-definitions.ts';
import type { TableLayout } from '../schema/table-layout.ts';

const ORDERS = {
  [EvictionPolicy.LRU]: 'last_accessed',
  [EvictionPolicy.LFU]: 'access_count',
  [EvictionPolicy.FIFO]: null,
} as const;

/**
 * Selects the rows to evict: `@n` rows at `@now` (epoch seconds), expired ones first, then by the policy, and on a tie
 * the oldest row first. Two index scans that stop at their limit, so the cost does not grow with the table.
 */
export class Eviction {
  readonly #victims: string;
  readonly #unmarkedVictims: string;
  readonly #layout: TableLayout;
  readonly #column: string | null;

  constructor(layout: TableLayout, policy: EvictionPolicy) {
    this.#layout = layout;
    this.#column = ORDERS[policy];
    this.#victims = this.#select('');
    this.#unmarkedVictims = this.#select(`AND ${isUnmarkedSql(layout)}`);
  }

  /** SQL: the rowids; of those that are not marked, if there are marks. */
  victimsSql(hasMarks: boolean): string {
    return hasMarks ? this.#unmarkedVictims : this.#victims;
  }

  /**
   * Adds the index that the policy needs if ProxyWhirl's schema has none. SQLite also maintains it when ProxyWhirl
   * writes.
   */
  prepare(db: SqliteDatabase): void {
    if (this.#column === null || this.#indexName() in this.#layout.indexes) return;
    const known = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?").get(this.#indexName());
    if (known === undefined) db.exec(evictionIndex(this.#layout, this.#column));
  }

  #select(condition: string): string {
    const { table } = this.#layout;
    const hint = this.#column === null ? 'NOT INDEXED' : `INDEXED BY ${this.#indexName()}`;
    const order = this.#column === null ? 'rowid' : `${this.#column}, rowid`;
    return `SELECT rowid FROM (SELECT rowid FROM ${table} c WHERE expires_at <= +@now ${condition} ORDER BY expires_at LIMIT @n)
      UNION ALL SELECT rowid FROM (SELECT rowid FROM ${table} c ${hint} WHERE +expires_at > +@now ${condition} ORDER BY ${order} LIMIT @n) LIMIT @n`;
  }

  #indexName(): string {
    const reference = `idx_${this.#column}`;
    return reference in this.#layout.indexes ? reference : `pw_${this.#layout.table}_${this.#column}`;
  }
}
