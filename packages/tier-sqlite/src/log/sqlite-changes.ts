import { type ChangeListener, checkArgument, Kinds, type TierChanges } from '@pw/cache-models/tier';
import type { RowStore } from '../rows/row-store.ts';
import type { TierWork } from '../tier-work.ts';
import { adoptRows } from './adopt-rows.ts';
import { ChangeListeners, notifyListener } from './change-listeners.ts';

const ROWS_PER_PAGE = 1000;

/**
 * Reports what other connections write, when polled: see {@link TierChanges}. The keys come from the log. A row that
 * another program *removed* leaves no trace, and is not reported.
 *
 * `#store` is the open database of a tier that is open. `#position` is the place in its log up to which changes have
 * been reported.
 */
export class SqliteChanges implements TierChanges {
  readonly #work: TierWork;
  readonly #listeners = new ChangeListeners();
  #store: RowStore | undefined;
  #position = 0;
  #dataVersion: number | undefined;
  #adoptions = 0;
  #isMore = false;

  constructor(work: TierWork) {
    this.#work = work;
  }

  subscribe(listener: ChangeListener): () => void {
    checkArgument('listener', listener, Kinds.function);
    const remove = this.#listeners.add(listener);
    const store = this.#store;
    if (store !== undefined) {
      store.log.own.keep(true);
      notifyListener(listener, null);
    }
    return () => {
      remove();
      if (this.#listeners.isEmpty) this.#store?.log.own.keep(false);
    };
  }

  poll(): boolean {
    // Nobody has to be told.
    if (this.#listeners.isEmpty) return true;
    return this.#work.run<boolean>(false, () => {
      this.#poll();
      return true;
    });
  }

  /** To be called when the tier has opened a database, and when it has closed it. */
  reached(store: RowStore | undefined): void {
    this.#store = store;
    if (store === undefined) return;
    store.log.own.keep(!this.#listeners.isEmpty);
    this.#dataVersion = undefined;
    this.#isMore = false;
    this.#position = store.log.head();
    this.#listeners.notify(null);
  }

  #poll(): void {
    const store = this.#store!;
    const { log, statements, foreign } = store;
    // Before anything is read: what is written in between is found by the next poll.
    const dataVersion = statements.dataVersion();
    this.#position = log.own.skip(this.#position);
    if (dataVersion === this.#dataVersion && foreign.adoptions === this.#adoptions && !this.#isMore) return;
    const adoption = adoptRows(this.#work, { isMarked: this.#work.role.isMiddle });
    // Rows that are not in the log yet are not known by key.
    if (adoption !== 'done') this.#listeners.notify(null);
    this.#isMore = adoption !== 'done';
    this.#adoptions = foreign.adoptions;
    this.#work.withStore((current) => this.#reportRows(current));
    this.#dataVersion = dataVersion;
  }

  #reportRows(store: RowStore): void {
    for (;;) {
      const { rows, isPruned, head } = store.snapshot(() => ({
        rows: store.log.rowsAfter(this.#position, ROWS_PER_PAGE),
        isPruned: store.log.pruned() > this.#position,
        head: store.log.head(),
      }));
      if (isPruned) {
        this.#position = head;
        this.#listeners.notify(null);
        return;
      }
      for (const key of new Set(store.log.own.others(rows).map((row) => row.key))) this.#listeners.notify(key);
      this.#position = rows.at(-1)?.position ?? this.#position;
      store.log.own.forget(this.#position);
      if (rows.length < ROWS_PER_PAGE) return;
    }
  }
}
