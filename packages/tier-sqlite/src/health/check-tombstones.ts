import { OPAQUE } from '../rows/entry-row.ts';
import type { EntryStatements } from '../rows/entry-statements.ts';
import { TOMBSTONES } from '../schema/schema-definitions.ts';

// A tombstone means that all health checks of a key up to an id belong to a removed entry. Once it is committed they
// are never read; a background task deletes them in steps, and removes the tombstone when none are left. Tombstones are
// made only where the foreign key's cascade would delete too many checks in one statement: see CascadeBudget.

/** Checks that may be deleted by cascade in one transaction, and bytes of their values: some milliseconds. */
const MAX_CASCADE_ROWS = 1000;
const MAX_CASCADE_BYTES = 1024 * 1024;
/** Checks deleted per step. */
const CHECKS_PER_STEP = 500;
/** Tombstones without checks that are removed per step. */
const TOMBSTONES_PER_STEP = 100;

/** The key of a tombstone for all keys: no key is a blob. */
const ALL_KEYS = "x''";

const BYTES = ['proxy_key', 'check_time', 'status', 'response_time_ms', 'error_message', 'check_url']
  .map((name) => `ifnull(octet_length(h.${name}), 0)`)
  .join(' + ');

/** SQL: the id up to which the checks of a key are not read; binds the key. Without a tombstone it is below all ids. */
export const TOMBSTONED_UP_TO = `max(${upTo(OPAQUE)}, ${upTo(ALL_KEYS)})`;

function upTo(key: string): string {
  return `ifnull((SELECT up_to FROM ${TOMBSTONES} WHERE proxy_key = ${key}), -9223372036854775808)`;
}

/** SQL: one key as a list of keys. */
export const ONE_KEY = `SELECT ${OPAQUE} AS key`;

/** Thrown inside a transaction whose cascades would delete too many checks: it is to be repeated with tombstones. */
export class CascadeTooLarge extends Error {}

/**
 * SQL: the first of the checks `SELECT id …`, in the order of their ids, up to a small total size of their values, but
 * at least one.
 */
export function fewBytesOf(ids: string): string {
  return `SELECT id FROM (SELECT h.id, sum(${BYTES}) OVER (ORDER BY h.id ROWS UNBOUNDED PRECEDING) - (${BYTES}) AS before
    FROM (${ids}) i CROSS JOIN health_history h ON h.id = i.id) WHERE before < ${MAX_CASCADE_BYTES}`;
}

/** How many checks the removals of one transaction may still delete by cascade. */
export class CascadeBudget {
  #rows = 0;
  #bytes = 0;

  reset(): void {
    this.#rows = 0;
    this.#bytes = 0;
  }

  /**
   * Spends the budget on the checks of some keys, `SELECT key …`, or of all keys, and throws {@link CascadeTooLarge}
   * when it is used up. Reads no more checks than the budget allows.
   */
  spend(statements: EntryStatements, keys: string | undefined, values: readonly unknown[]): void {
    // Most stores, or entries, have no checks: this query costs a fraction of the next.
    const checks =
      keys === undefined ? 'health_history h' : `(${keys}) k CROSS JOIN health_history h ON h.proxy_key = k.key`;
    if (statements.of(`SELECT 1 FROM ${checks} LIMIT 1`).get(...values) === undefined) return;
    const sql = `SELECT count(*), ifnull(sum(bytes), 0) FROM (SELECT ${BYTES} AS bytes FROM ${checks} LIMIT ${MAX_CASCADE_ROWS + 1})`;
    const [rows, bytes] = statements
      .of(sql)
      .raw()
      .get(...values) as [number, number];
    this.#rows += rows;
    this.#bytes += bytes;
    if (this.#rows > MAX_CASCADE_ROWS || this.#bytes > MAX_CASCADE_BYTES)
      throw new CascadeTooLarge('more checks than one transaction may delete');
  }
}

/** Adds tombstones for all present checks of some keys, `SELECT key …`, or of all keys. */
export function addTombstones(statements: EntryStatements, keys: string | undefined, values: readonly unknown[]): void {
  const last = (where: string) => `(SELECT id FROM health_history ${where} ORDER BY id DESC LIMIT 1)`;
  const tombstones =
    keys === undefined
      ? `SELECT ${ALL_KEYS} AS key, ${last('')} AS up_to`
      : `SELECT key, ${last('WHERE proxy_key = k.key')} AS up_to FROM (${keys}) k`;
  const sql = `INSERT INTO ${TOMBSTONES} (proxy_key, up_to) SELECT key, up_to FROM (${tombstones}) WHERE up_to IS NOT NULL
    ON CONFLICT(proxy_key) DO UPDATE SET up_to = max(up_to, excluded.up_to)`;
  statements.of(sql).run(...values);
}

export function hasTombstones(statements: EntryStatements): boolean {
  return statements.layout.isFull && statements.of(`SELECT 1 FROM ${TOMBSTONES} LIMIT 1`).get() !== undefined;
}

/**
 * Deletes some checks that have a tombstone, and tombstones that have no checks left, inside a write transaction. True
 * if more are left.
 */
export function deleteTombstonedChecks(statements: EntryStatements): boolean {
  // The key stays inside SQL, as it may be of any length.
  const first = `(SELECT proxy_key FROM ${TOMBSTONES} LIMIT 1)`;
  const isCovered = `id <= (SELECT up_to FROM ${TOMBSTONES} LIMIT 1)`;
  const ids = (where: string) =>
    fewBytesOf(`SELECT id FROM health_history WHERE ${where} ${isCovered} ORDER BY id LIMIT ${CHECKS_PER_STEP}`);
  for (let done = 0; done < TOMBSTONES_PER_STEP && hasTombstones(statements); done++) {
    const isForAll = statements.of(`SELECT ${first} = ${ALL_KEYS}`).pluck().get() === 1;
    const some = ids(isForAll ? '' : `proxy_key = ${first} AND`);
    if (statements.of(`DELETE FROM health_history WHERE id IN (${some})`).run().changes > 0) return true;
    statements.of(`DELETE FROM ${TOMBSTONES} WHERE proxy_key = ${first}`).run();
  }
  return hasTombstones(statements);
}
