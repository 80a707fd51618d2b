import { CacheCorruptionError, CacheStorageError, type CacheTier, type MaybePromise } from '@pw/cache-models';
import { checkSideValue, isSideValue, MAX_SIDE_VALUE, type SideValues } from '@pw/cache-models/tier';
import type { RowStore } from './rows/row-store.ts';
import { SIDE_VALUES } from './schema/schema-definitions.ts';

/** Runs work on the database of an open tier. */
export interface DatabaseWork {
  readonly withStore: <T>(work: (store: RowStore) => T) => T;
  /** Runs work in one write transaction. */
  readonly transact: <T>(work: (store: RowStore) => T) => MaybePromise<T>;
}

/**
 * Values beside the entries, in a table of their own. Each change is one transaction, so concurrent changes by two
 * processes happen one after the other.
 */
export class SqliteSideValues implements SideValues {
  readonly #tier: Pick<CacheTier, 'name' | 'enabled' | 'open'>;
  readonly #database: DatabaseWork;

  constructor(tier: Pick<CacheTier, 'name' | 'enabled' | 'open'>, database: DatabaseWork) {
    this.#tier = tier;
    this.#database = database;
  }

  read(name: string): string | undefined {
    checkSideValue(name);
    return this.#opened().withStore((store) => selectValue(store, name));
  }

  storeIfAbsent(name: string, value: string): MaybePromise<string> {
    checkSideValue(name, value);
    return this.#opened().transact((store) => {
      const found = selectValue(store, name);
      if (found !== undefined) return found;
      store.statements.of(UPSERT).run(name, value);
      return value;
    });
  }

  replace(name: string, expected: string, value: string): MaybePromise<boolean> {
    checkSideValue(name, expected, value);
    return this.#opened().transact((store) => {
      if (selectValue(store, name) !== expected) return false;
      store.statements.of(UPSERT).run(name, value);
      return true;
    });
  }

  /** Throws while the tier is off, as its values are unknown then. */
  #opened(): DatabaseWork {
    const { name, enabled } = this.#tier;
    if (!enabled)
      throw new CacheStorageError(
        `${name}: the tier is off, so its side values are unavailable; call resetFailures() or enable it`,
        { tier: name },
      );
    // Opening is synchronous.
    void this.#tier.open();
    return this.#database;
  }
}

const UPSERT = `INSERT INTO ${SIDE_VALUES} (name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value`;

/** Another program may have stored anything there: an invalid value is neither returned nor overwritten. */
function selectValue({ statements }: RowStore, name: string): string | undefined {
  const sql = `SELECT iif(octet_length(value) <= ${MAX_SIDE_VALUE}, value, NULL) FROM ${SIDE_VALUES} WHERE name = ?`;
  const found = statements.of(sql).raw().get(name) as [unknown] | undefined;
  if (found === undefined) return undefined;
  if (isSideValue(found[0])) return found[0];
  throw new CacheCorruptionError(`${SIDE_VALUES}: the value ${name} is damaged; delete its row if it is not needed`);
}
