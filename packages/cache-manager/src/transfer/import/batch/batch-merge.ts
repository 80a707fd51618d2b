import { CacheEntry } from '@pw/cache-models';
import { maskPlainFields } from '@pw/cache-models/tier';
import { isSameProxy } from '../../../is-same-proxy.ts';
import { Yielder } from '../../../scheduling/yielder.ts';
import { keyPartsOf, type RowKeys } from '../keys/row-key.ts';
import { mergeExisting } from './merge-existing.ts';
import { areSameLabels, haveRoom } from './merge-labels.ts';
import type { PendingRow } from './pending-row.ts';
import type { RecentKeys } from './recent-keys.ts';

/** Characters to mask before yielding to the event loop: they take a few milliseconds, whatever their content. */
const WORK_PER_TURN = 64 * 1024;
/** The fixed cost of masking a string, expressed in characters. */
const WORK_PER_STRING = 64;

export type Existing = ReadonlyMap<string, CacheEntry>;

/** The merged entry of one key, and its last row. */
interface Merged {
  readonly entry: CacheEntry;
  readonly last: CacheEntry;
}

export interface BatchMergeOptions {
  /** Whether the import overrides the TTL. */
  readonly ttlGiven: boolean;
  readonly keys: RowKeys;
  /** The keys of rows with a password in earlier batches. */
  readonly earlier: RecentKeys;
}

/**
 * Merges the rows of a batch into one entry per key, in the order of their first rows, on top of the cached entry. The
 * last row wins.
 *
 * Invariant: the strings of a merged entry are masked against its credentials. Each row is already masked against its
 * own, so only entries that combine strings of one row with credentials of another are masked again, once all rows are
 * merged. `mergeInto` runs under the key locks and without yielding, so `prepare` does the masking beforehand if there
 * is much of it, and `mergeInto` reuses the results.
 */
export class BatchMerge {
  /** Rows whose key belongs to another proxy, which they must not change. */
  readonly keyTaken = new Set<PendingRow>();
  /** Rows that replace another proxy, which was stored under their key. */
  readonly replacing = new Set<PendingRow>();
  /** Rows that differ from an earlier row of the import only in the password. */
  readonly sameButPassword = new Set<PendingRow>();
  /** Rows that have labels for which the entry has no room. */
  readonly labelsLeftOut = new Set<PendingRow>();
  entries: readonly CacheEntry[] = [];
  readonly #rows: readonly PendingRow[];
  readonly #ttlGiven: boolean;
  readonly #keys: RowKeys;
  readonly #earlier: RecentKeys;
  /** The keys of rows with a password seen so far in this batch. */
  readonly #withPassword = new Set<string>();
  readonly #passwordDiffers = new Map<PendingRow, boolean>();
  /** By key, the last masked entry and its result. */
  readonly #masked = new Map<string, { readonly from: CacheEntry; readonly to: CacheEntry }>();

  constructor(rows: readonly PendingRow[], { ttlGiven, keys, earlier }: BatchMergeOptions) {
    this.#rows = rows;
    this.#ttlGiven = ttlGiven;
    this.#keys = keys;
    this.#earlier = earlier;
  }

  /**
   * Does the masking for these entries in advance, yielding in between. Their strings and credentials must not change
   * until `mergeInto` is called.
   */
  async prepare(existing: Existing): Promise<void> {
    if (this.#workOver(existing) < WORK_PER_TURN) return;
    const yielder = new Yielder();
    const merged = new Map<string, Merged>();
    for (const row of this.#rows) {
      this.#add(row, existing, merged);
      if (yielder.isDue()) await yielder.yield();
    }
    for (const each of merged.values()) {
      this.#maskMixed(each);
      if (yielder.isDue()) await yielder.yield();
    }
  }

  /** Merges the rows over the existing entries, and returns the entries to store. */
  mergeInto(existing: Existing): readonly CacheEntry[] {
    this.keyTaken.clear();
    this.replacing.clear();
    this.labelsLeftOut.clear();
    this.sameButPassword.clear();
    this.#withPassword.clear();
    const merged = new Map<string, Merged>();
    for (const row of this.#rows) this.#add(row, existing, merged);
    this.entries = Array.from(merged.values(), (each) => this.#maskMixed(each));
    return this.entries;
  }

  #add(row: PendingRow, existing: Existing, merged: Map<string, Merged>): void {
    const { entry, keySource } = row;
    const before = merged.get(entry.key)?.entry ?? existing.get(entry.key);
    const isRepeated = this.#withPassword.has(entry.key) || this.#earlier.has(entry.key);
    if (entry.password !== null) this.#withPassword.add(entry.key);
    if (before === undefined) {
      merged.set(entry.key, { entry, last: entry });
      return;
    }
    const isTaken = !isSameProxy(before, entry);
    if (isTaken && keySource === 'record' && !this.#keys.isOwnKey(entry.key, keyPartsOf(entry))) {
      this.keyTaken.add(row);
      return;
    }
    if (isTaken) this.replacing.add(row);
    else if (isRepeated && keySource === 'own' && this.#differsOnlyInPassword(row, before))
      this.sameButPassword.add(row);
    if (!isTaken && !haveRoom(before.labels, entry.labels)) this.labelsLeftOut.add(row);
    merged.set(entry.key, { entry: mergeExisting(before, entry, this.#ttlGiven), last: entry });
  }

  /** True if a row differs from an earlier one only in the password. Cached, because it decrypts credentials. */
  #differsOnlyInPassword(row: PendingRow, before: CacheEntry): boolean {
    let differs = this.#passwordDiffers.get(row);
    if (differs === undefined) {
      differs = isOtherPassword(before, row.entry);
      this.#passwordDiffers.set(row, differs);
    }
    return differs;
  }

  #maskMixed({ entry, last }: Merged): CacheEntry {
    if (!isMixed(entry, last)) return entry;
    const known = this.#masked.get(entry.key);
    if (known !== undefined && haveSameTexts(known.from, entry)) {
      const { source, lastHealthError, labels } = known.to;
      return CacheEntry.restore({ ...entry.toFields(), source, lastHealthError, labels });
    }
    const fields = maskPlainFields(entry);
    const to = fields === entry ? entry : CacheEntry.restore(fields);
    this.#masked.set(entry.key, { from: entry, to });
    return to;
  }

  /** An upper bound of the masking work. */
  #workOver(existing: Existing): number {
    let work = this.#rows.length * WORK_PER_STRING;
    for (const { entry } of this.#rows) work += lengthOfTexts(entry);
    for (const entry of existing.values()) work += lengthOfTexts(entry);
    return work;
  }
}

/** True if two entries of one proxy differ only in the password. */
function isOtherPassword(before: CacheEntry, entry: CacheEntry): boolean {
  if (before.password === null || entry.password === null) return false;
  if ((before.username?.reveal() ?? '') !== (entry.username?.reveal() ?? '')) return false;
  return before.password.reveal() !== entry.password.reveal();
}

function lengthOfTexts({ source, lastHealthError, labels }: CacheEntry): number {
  let length = source.length + (lastHealthError?.length ?? 0);
  for (const name in labels) length += WORK_PER_STRING + labels[name]!.length;
  return length;
}

/** True if an entry combines credentials and strings that were not masked against each other. */
function isMixed(entry: CacheEntry, last: CacheEntry): boolean {
  if (entry === last || !entry.hasCredentials) return false;
  const { username, password, lastHealthError, labels } = entry;
  if (username !== last.username || password !== last.password) return true;
  if (!areSameLabels(labels, last.labels)) return true;
  return lastHealthError !== null && lastHealthError !== last.lastHealthError;
}

function haveSameTexts(one: CacheEntry, other: CacheEntry): boolean {
  return (
    one.username === other.username &&
    one.password === other.password &&
    one.source === other.source &&
    one.lastHealthError === other.lastHealthError &&
    areSameLabels(one.labels, other.labels)
  );
}
