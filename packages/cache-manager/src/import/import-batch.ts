import { CacheEntry, CacheError, MAX_LABELS, maskCredentials } from '@pw/cache-models';
import { BatchMerge } from './batch-merge.ts';
import type { ImportTally } from './import-tally.ts';
import type { PendingRow } from './pending-row.ts';
import { keyPartsOf, ownKey } from './row-key.ts';
import type { KeyIdentity, WarmSettings, WarmTarget } from './warm-options.ts';

const TAKEN =
  'key is that of another proxy in the cache; this one was stored under the key of its own URL and username';
const CROWDED = `has labels that were left out: with them the entry would have more than ${MAX_LABELS}`;
const REPLACED = 'replaced another proxy that was in the cache under the key of this URL and username';

/** Rows on their way into the cache: stored together, counted one by one. */
export class ImportBatch {
  readonly #target: WarmTarget;
  readonly #tally: ImportTally;
  readonly #ttlGiven: boolean;
  readonly #keyIdentity: KeyIdentity;
  #rows: PendingRow[] = [];

  constructor(target: WarmTarget, tally: ImportTally, settings: Pick<WarmSettings, 'ttlOverride' | 'keyIdentity'>) {
    this.#target = target;
    this.#tally = tally;
    this.#ttlGiven = settings.ttlOverride !== undefined;
    this.#keyIdentity = settings.keyIdentity;
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
    const homeless = await this.#putAll(rows);
    await this.#putAll(homeless.flatMap((row) => this.#withOwnKey(row)));
  }

  /** Gives back the rows whose keys belong to other proxies. */
  async #putAll(rows: readonly PendingRow[]): Promise<readonly PendingRow[]> {
    if (rows.length === 0) return [];
    try {
      return await this.#put(rows);
    } catch {
      // One row may be the cause: each gets a try of its own.
      const homeless: PendingRow[] = [];
      for (const row of rows) homeless.push(...(await this.#putAlone(row)));
      return homeless;
    }
  }

  async #put(rows: readonly PendingRow[]): Promise<readonly PendingRow[]> {
    const keys = [...new Set(rows.map(({ entry }) => entry.key))];
    const merge = new BatchMerge(rows, this.#ttlGiven);
    const stored = await this.#target.mergeMany(keys, merge);
    const done = new Set(merge.entries.flatMap(({ key }, i) => (stored[i] === true ? [key] : [])));
    for (const row of rows) {
      if (merge.homeless.has(row)) continue;
      if (merge.replacing.has(row)) this.#tally.note(row.line, REPLACED);
      if (merge.crowded.has(row)) this.#tally.note(row.line, CROWDED);
      if (done.has(row.entry.key)) this.#tally.loaded++;
      else this.#tally.refuse(row.line, 'failed', 'could not be stored');
    }
    return [...merge.homeless];
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
      const key = ownKey(keyPartsOf(entry), this.#keyIdentity);
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
