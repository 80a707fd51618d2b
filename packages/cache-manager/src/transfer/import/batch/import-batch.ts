import { CacheEntry, CacheError, MAX_LABELS, maskCredentials } from '@pw/cache-models';
import type { ImportTally } from '../import-tally.ts';
import { keyPartsOf, type RowKeys } from '../keys/row-key.ts';
import type { WarmTarget } from '../warm-options.ts';
import { BatchMerge } from './batch-merge.ts';
import type { EvictionWatch } from './eviction-watch.ts';
import type { PendingRow } from './pending-row.ts';
import { RecentKeys } from './recent-keys.ts';

const TAKEN =
  'key is that of another proxy in the cache; this one was stored under the key of its own URL and username';
const CROWDED = `has labels that were left out: with them the entry would have more than ${MAX_LABELS}`;
const REPLACED = 'replaced another proxy that was in the cache under the key of this URL and username';

const DOUBLED =
  "differs from an earlier row only in its password; with keyIdentity 'url+credentials' (--key-identity url+credentials) both are kept";

export interface ImportBatchOptions {
  readonly target: WarmTarget;
  readonly tally: ImportTally;
  readonly keys: RowKeys;
  readonly watch: EvictionWatch | undefined;
  /** Whether the import gives entries a TTL of its own. */
  readonly ttlGiven: boolean;
}

/** Rows on their way into the cache: stored together, counted one by one. */
export class ImportBatch {
  readonly #options: ImportBatchOptions;
  readonly #tally: ImportTally;
  /** The rows that had a password, of the batches before. */
  readonly #withPassword = new RecentKeys();
  #rows: PendingRow[] = [];

  constructor(options: ImportBatchOptions) {
    this.#options = options;
    this.#tally = options.tally;
  }

  get size(): number {
    return this.#rows.length;
  }

  add(row: PendingRow): void {
    this.#rows.push(row);
  }

  /** Stores what was added. What could not be stored counts as failed; nothing is thrown for it. */
  async store(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    const keyTaken = await this.#putAll(rows);
    await this.#putAll(keyTaken.flatMap((row) => this.#withOwnKey(row)));
  }

  /** Gives back the rows whose keys belong to other proxies. */
  async #putAll(rows: readonly PendingRow[]): Promise<readonly PendingRow[]> {
    if (rows.length === 0) return [];
    try {
      return await this.#put(rows);
    } catch {
      // One row may be the cause: each gets a try of its own.
      const keyTaken: PendingRow[] = [];
      for (const row of rows) keyTaken.push(...(await this.#putAlone(row)));
      return keyTaken;
    }
  }

  async #put(rows: readonly PendingRow[]): Promise<readonly PendingRow[]> {
    const keys = [...new Set(rows.map(({ entry }) => entry.key))];
    const { target, keys: rowKeys, watch, ttlGiven } = this.#options;
    const merge = new BatchMerge(rows, { ttlGiven, keys: rowKeys, earlier: this.#withPassword });
    const stored = await target.mergeMany(keys, merge);
    const loaded = merge.entries.filter((_, i) => stored[i] === true);
    const done = new Set(loaded.map(({ key }) => key));
    for (const row of rows) {
      if (merge.keyTaken.has(row)) continue;
      if (merge.replacing.has(row)) this.#tally.note(row.line, REPLACED);
      if (merge.sameButPassword.has(row)) this.#tally.note(row.line, DOUBLED);
      if (merge.labelsLeftOut.has(row)) this.#tally.note(row.line, CROWDED);
      if (done.has(row.entry.key)) this.#tally.loaded++;
      else this.#tally.refuse(row.line, 'failed', 'could not be stored');
    }
    for (const { entry } of rows) if (entry.password !== null && done.has(entry.key)) this.#withPassword.add(entry.key);
    await watch?.loaded(loaded);
    return [...merge.keyTaken];
  }

  async #putAlone(row: PendingRow): Promise<readonly PendingRow[]> {
    try {
      return await this.#put([row]);
    } catch (error) {
      this.#tally.refuse(row.line, 'failed', `could not be stored: ${reasonOf(error, row.entry)}`);
      return [];
    }
  }

  #withOwnKey({ line, entry }: PendingRow): PendingRow[] {
    try {
      const key = this.#options.keys.ownKey(keyPartsOf(entry));
      this.#tally.note(line, TAKEN);
      return [{ line, entry: CacheEntry.restore({ ...entry, key }), keySource: 'own' }];
    } catch (error) {
      this.#tally.refuse(line, 'failed', `could not be stored: ${reasonOf(error, entry)}`);
      return [];
    }
  }
}

/** Only errors of a cache are known to quote nothing; a tier of somebody else's may. */
function reasonOf(error: unknown, { username, password }: CacheEntry): string {
  return error instanceof CacheError ? maskCredentials(error.message, [username, password]) : 'an unexpected error';
}
