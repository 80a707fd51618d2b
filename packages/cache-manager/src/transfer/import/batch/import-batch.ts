import { CacheEntry, CacheError, maskCredentials } from '@pw/cache-models';
import type { ImportTally } from '../import-tally.ts';
import { keyPartsOf, type RowKeys } from '../keys/row-key.ts';
import { TOO_MANY_LABELS } from '../rows/row-labels.ts';
import type { WarmTarget } from '../warm-options.ts';
import { BatchMerge } from './batch-merge.ts';
import type { EvictionWatch } from './eviction-watch.ts';
import type { PendingRow } from './pending-row.ts';
import { RecentKeys } from './recent-keys.ts';

const TAKEN =
  'key belongs to another proxy in the cache; this proxy was stored under the key of its own URL and username';
const REPLACED = 'replaced another proxy that was stored under the key of this URL and username';

const SAME_BUT_PASSWORD =
  "differs from an earlier row only in its password; with keyIdentity 'url+credentials' (--key-identity url+credentials) both are kept";

export interface ImportBatchOptions {
  readonly target: WarmTarget;
  readonly tally: ImportTally;
  readonly keys: RowKeys;
  readonly watch: EvictionWatch | undefined;
  /** Whether the import overrides the TTL. */
  readonly ttlGiven: boolean;
}

/** Rows waiting to be stored: they are stored together and counted one by one. */
export class ImportBatch {
  readonly #options: ImportBatchOptions;
  readonly #tally: ImportTally;
  /** The keys of rows with a password in earlier batches. */
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

  /** Stores the added rows. A row that could not be stored counts as failed and does not throw. */
  async store(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    const keyTaken = await this.#putAll(rows);
    await this.#putAll(keyTaken.flatMap((row) => this.#withOwnKey(row)));
  }

  /** Returns the rows whose keys belong to other proxies. */
  async #putAll(rows: readonly PendingRow[]): Promise<readonly PendingRow[]> {
    if (rows.length === 0) return [];
    try {
      return await this.#put(rows);
    } catch {
      // One bad row must not fail the batch: retry each row on its own.
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
      if (merge.sameButPassword.has(row)) this.#tally.note(row.line, SAME_BUT_PASSWORD);
      if (merge.labelsLeftOut.has(row)) this.#tally.note(row.line, TOO_MANY_LABELS);
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
      return [{ line, entry: CacheEntry.restore({ ...entry.toFields(), key }), keySource: 'own' }];
    } catch (error) {
      this.#tally.refuse(line, 'failed', `could not be stored: ${reasonOf(error, entry)}`);
      return [];
    }
  }
}

/** Only errors of our own classes are known to quote no value; those of third-party tiers may. */
function reasonOf(error: unknown, { username, password }: CacheEntry): string {
  return error instanceof CacheError ? maskCredentials(error.message, [username, password]) : 'an unexpected error';
}
