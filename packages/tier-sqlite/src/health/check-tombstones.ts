import { PLAIN } from '../rows/entry-row.ts';
import type { EntryStore } from '../rows/row-store.ts';
import { FORGOTTEN } from '../schema/schema-definitions.ts';

/** Checks that go along with their entries in one transaction, and bytes of their values: some milliseconds. */
const FEW = 1000;
const FEW_BYTES = 1024 * 1024;
/** Checks that go in one step of what comes later. */
const STEP = 500;
/** Notes whose checks are gone already that go in one step. */
const NOTES_A_STEP = 100;

/** Stands for all keys in a note: no key is a blob. */
const ALL = "x''";

const BYTES = ['proxy_key', 'check_time', 'status', 'response_time_ms', 'error_message', 'check_url']
  .map((name) => `ifnull(octet_length(h.${name}), 0)`)
  .join(' + ');

/** SQL: the id up to which no check of a key is read; binds the key. Below all ids where there is no note. */
export const FORGOTTEN_UP_TO = `max(${upTo(PLAIN)}, ${upTo(ALL)})`;

function upTo(key: string): string {
  return `ifnull((SELECT up_to FROM ${FORGOTTEN} WHERE proxy_key = ${key}), -9223372036854775808)`;
}

/** SQL: one key as a list of keys; with a plus, as for {@link PLAIN}. */
export const ONE_KEY = `SELECT ${PLAIN} AS key`;

/** Thrown inside a transaction whose removals have more checks than go in one: it is to be done without them. */
export class ManyChecks extends Error {}

/** SQL: those of some checks, `SELECT id …`, whose values are few bytes together, in the order of their ids: at least the first. */
export function fewBytesOf(ids: string): string {
  return `SELECT id FROM (SELECT h.id, sum(${BYTES}) OVER (ORDER BY h.id ROWS UNBOUNDED PRECEDING) - (${BYTES}) AS before
    FROM (${ids}) i CROSS JOIN health_history h ON h.id = i.id) WHERE before < ${FEW_BYTES}`;
}

/** What a transaction may still remove of checks along with their entries. */
export class FewChecks {
  #rows = 0;
  #bytes = 0;

  reset(): void {
    this.#rows = 0;
    this.#bytes = 0;
  }

  /** Takes the checks of some keys, `SELECT key …`, or all there are. Looks at no more of them than are few, and throws {@link ManyChecks} if there are more. */
  take({ statements }: EntryStore, keys: string | undefined, values: readonly unknown[]): void {
    // Most stores, or entries, have none: this costs a fraction of the rest.
    const checks =
      keys === undefined ? 'health_history h' : `(${keys}) k CROSS JOIN health_history h ON h.proxy_key = k.key`;
    if (statements.of(`SELECT 1 FROM ${checks} LIMIT 1`).get(...values) === undefined) return;
    const sql = `SELECT count(*), ifnull(sum(bytes), 0) FROM (SELECT ${BYTES} AS bytes FROM ${checks} LIMIT ${FEW + 1})`;
    const [rows, bytes] = statements
      .of(sql)
      .raw()
      .get(...values) as [number, number];
    this.#rows += rows;
    this.#bytes += bytes;
    if (this.#rows > FEW || this.#bytes > FEW_BYTES) throw new ManyChecks('more checks than go in one transaction');
  }
}

/** Notes that the checks which some keys, `SELECT key …`, or all have now are nobody's: they are not read any more, and go in steps. */
export function noteForgotten({ statements }: EntryStore, keys: string | undefined, values: readonly unknown[]): void {
  const last = (where: string) => `(SELECT id FROM health_history ${where} ORDER BY id DESC LIMIT 1)`;
  const notes =
    keys === undefined
      ? `SELECT ${ALL} AS key, ${last('')} AS up_to`
      : `SELECT key, ${last('WHERE proxy_key = k.key')} AS up_to FROM (${keys}) k`;
  const sql = `INSERT INTO ${FORGOTTEN} (proxy_key, up_to) SELECT key, up_to FROM (${notes}) WHERE up_to IS NOT NULL
    ON CONFLICT(proxy_key) DO UPDATE SET up_to = max(up_to, excluded.up_to)`;
  statements.of(sql).run(...values);
}

/** True if checks are left that were forgotten. */
export function hasForgotten({ statements, layout }: EntryStore): boolean {
  return layout.isFull && statements.of(`SELECT 1 FROM ${FORGOTTEN} LIMIT 1`).get() !== undefined;
}

/** Removes some of the checks that were forgotten, and the notes of those that are gone. Runs inside a write transaction. True if more are left. */
export function sweepForgotten(store: EntryStore): boolean {
  const { statements } = store;
  // By the statement alone: a key may be of any length.
  const first = `(SELECT proxy_key FROM ${FORGOTTEN} LIMIT 1)`;
  const noted = `id <= (SELECT up_to FROM ${FORGOTTEN} LIMIT 1)`;
  const ids = (where: string) =>
    fewBytesOf(`SELECT id FROM health_history WHERE ${where} ${noted} ORDER BY id LIMIT ${STEP}`);
  for (let notes = 0; notes < NOTES_A_STEP && hasForgotten(store); notes++) {
    const isAll = statements.of(`SELECT ${first} = ${ALL}`).pluck().get() === 1;
    const some = ids(isAll ? '' : `proxy_key = ${first} AND`);
    if (statements.of(`DELETE FROM health_history WHERE id IN (${some})`).run().changes > 0) return true;
    statements.of(`DELETE FROM ${FORGOTTEN} WHERE proxy_key = ${first}`).run();
  }
  return hasForgotten(store);
}
