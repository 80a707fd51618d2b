import { CacheEntry, CacheError, maskCredentials, maskPlainFields } from '@pw/cache-models';
import type { ImportTally } from './import-tally.ts';
import { mergeExisting } from './merge-existing.ts';
import type { WarmTarget } from './warm-options.ts';

interface PendingRow {
  readonly line: number;
  readonly entry: CacheEntry;
}

/** Rows on their way into the cache: stored together, counted one by one. */
export class ImportBatch {
  readonly #target: WarmTarget;
  readonly #tally: ImportTally;
  readonly #ttlGiven: boolean;
  #rows: PendingRow[] = [];

  constructor(target: WarmTarget, tally: ImportTally, ttlGiven: boolean) {
    this.#target = target;
    this.#tally = tally;
    this.#ttlGiven = ttlGiven;
  }

  get size(): number {
    return this.#rows.length;
  }

  add(line: number, entry: CacheEntry): void {
    this.#rows.push({ line, entry });
  }

  /** Stores what was added. What could not be stored counts as failed; nothing is thrown for it. */
  async store(): Promise<void> {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    try {
      await this.#put(rows);
    } catch {
      // One row may be the cause: each gets a try of its own.
      for (const row of rows) await this.#putAlone(row);
    }
  }

  async #put(rows: readonly PendingRow[]): Promise<void> {
    const keys = [...new Set(rows.map(({ entry }) => entry.key))];
    const stored = await this.#target.mergeMany(keys, (existing) => this.#merge(rows, existing));
    const done = new Set(keys.filter((_, i) => stored[i] === true));
    for (const { line, entry } of rows) {
      if (done.has(entry.key)) this.#tally.loaded++;
      else this.#tally.refuse(line, 'failed', 'could not be stored');
    }
  }

  async #putAlone(row: PendingRow): Promise<void> {
    try {
      await this.#put([row]);
    } catch (error) {
      // Only errors of a cache are known to quote nothing; a tier of somebody else's may.
      const { username, password } = row.entry;
      const isKnown = error instanceof CacheError;
      const reason = isKnown ? maskCredentials(error.message, [username, password]) : 'an unexpected error';
      this.#tally.refuse(row.line, 'failed', `could not be stored: ${reason}`);
    }
  }

  /** One entry a key, in the order of the first rows, each over what the cache or an earlier row had: the last row wins. */
  #merge(rows: readonly PendingRow[], existing: ReadonlyMap<string, CacheEntry>): CacheEntry[] {
    const merged = new Map<string, CacheEntry>();
    for (const { entry } of rows) {
      const before = merged.get(entry.key) ?? existing.get(entry.key);
      merged.set(entry.key, before === undefined ? entry : this.#over(before, entry));
    }
    return [...merged.values()];
  }

  #over(before: CacheEntry, entry: CacheEntry): CacheEntry {
    const merged = mergeExisting(before, entry, this.#ttlGiven);
    // Credentials of the one and texts of the other: neither was masked against the other.
    return merged.hasCredentials ? CacheEntry.restore(maskPlainFields(merged)) : merged;
  }
}
