import {
  CacheCorruptionError,
  checkSideValue,
  isSideValue,
  MAX_SIDE_VALUE,
  type MaybePromise,
  type SideValues,
} from '@pw/cache-models';
import type { EntryStore } from './entry-store.ts';
import { SIDE_VALUES } from './schema-definitions.ts';

/** What the values beside the entries need of their tier. */
export interface SideValuesContext {
  /** Runs work on the open database; throws while the tier is off. */
  readonly read: <T>(work: (store: EntryStore) => T) => T;
  /** Runs work in one write transaction; throws while the tier is off. */
  readonly write: <T>(work: (store: EntryStore) => T) => MaybePromise<T>;
}

/** Values beside the entries, in a table of their own: each change is one transaction, so of two processes one comes first. */
export class SqliteSideValues implements SideValues {
  readonly #context: SideValuesContext;

  constructor(context: SideValuesContext) {
    this.#context = context;
  }

  read(name: string): string | undefined {
    checkSideValue(name);
    return this.#context.read((store) => valueOf(store, name));
  }

  storeIfAbsent(name: string, value: string): MaybePromise<string> {
    checkSideValue(name, value);
    return this.#context.write((store) => {
      const found = valueOf(store, name);
      if (found !== undefined) return found;
      store.statements.of(UPSERT).run(name, value);
      return value;
    });
  }

  replace(name: string, expected: string, value: string): MaybePromise<boolean> {
    checkSideValue(name, expected, value);
    return this.#context.write((store) => {
      if (valueOf(store, name) !== expected) return false;
      store.statements.of(UPSERT).run(name, value);
      return true;
    });
  }
}

const UPSERT = `INSERT INTO ${SIDE_VALUES} (name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value`;

/** Whoever prepared the file may have put anything there: what is no value is neither read nor written over. */
function valueOf({ statements }: EntryStore, name: string): string | undefined {
  const sql = `SELECT iif(octet_length(value) <= ${MAX_SIDE_VALUE}, value, NULL) FROM ${SIDE_VALUES} WHERE name = ?`;
  const found = statements.of(sql).raw().get(name) as [unknown] | undefined;
  if (found === undefined) return undefined;
  if (isSideValue(found[0])) return found[0];
  throw new CacheCorruptionError(`${SIDE_VALUES}: the value named ${name} is damaged; remove the row if it is not needed`);
}
