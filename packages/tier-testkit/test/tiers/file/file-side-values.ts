import { checkSideValue, type SideValues } from '@pw/cache-models/tier';
import type { FileTable } from './file-table.ts';

/** The side values of a {@link FileTable}: each operation has exclusive access to the file. */
export class FileSideValues implements SideValues {
  readonly #table: () => FileTable;
  readonly #transact: <T>(work: () => T) => Promise<T>;

  constructor(table: () => FileTable, transact: <T>(work: () => T) => Promise<T>) {
    this.#table = table;
    this.#transact = transact;
  }

  async read(name: string): Promise<string | undefined> {
    checkSideValue(name);
    return this.#transact(() => this.#table().sideValues.get(name));
  }

  async storeIfAbsent(name: string, value: string): Promise<string> {
    checkSideValue(name, value);
    return this.#transact(() => {
      if (!this.#table().sideValues.has(name)) this.#store(name, value);
      return this.#table().sideValues.get(name)!;
    });
  }

  async replace(name: string, expected: string, value: string): Promise<boolean> {
    checkSideValue(name, expected, value);
    return this.#transact(() => {
      if (this.#table().sideValues.get(name) !== expected) return false;
      this.#store(name, value);
      return true;
    });
  }

  #store(name: string, value: string): void {
    this.#table().sideValues.set(name, value);
    this.#table().changed = true;
  }
}
