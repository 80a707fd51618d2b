import { CacheEntry, maskPlainFields } from '@pw/cache-models';
import { isSameProxy } from '../is-same-proxy.ts';
import { Yielder } from '../scheduling/yielder.ts';
import { mergeExisting } from './merge-existing.ts';
import { areSameLabels, haveRoom } from './merge-labels.ts';
import type { PendingRow } from './pending-row.ts';
import type { RecentKeys } from './recent-keys.ts';
import { keyPartsOf, type RowKeys } from './row-key.ts';

/** What others' turns are given for: as many characters to mask take some milliseconds, whatever they are. */
const WORK_OF_A_TURN = 64 * 1024;
/** What masking a short text costs, in characters of a long one. */
const WORK_OF_A_TEXT = 64;

export type Existing = ReadonlyMap<string, CacheEntry>;

/** What rows make of one entry, and the last row of them. */
interface Merged {
  readonly entry: CacheEntry;
  readonly last: CacheEntry;
}

export interface BatchMergeOptions {
  /** Whether the import gives entries a TTL of its own. */
  readonly ttlGiven: boolean;
  readonly keys: RowKeys;
  /** The keys of the batches before whose rows had a password. */
  readonly earlier: RecentKeys;
}

/**
 * One entry a key, in the order of the first rows, each over what the cache or an earlier row had: the last row wins.
 *
 * The texts of a row are masked when its entry is made. They are masked once more, in the end, only where texts of one entry have come
 * together with credentials of another; what rows made in between, nobody sees. As merging holds the locks of the cache and the event
 * loop, that work is done before, by `prepare`, where it is much.
 */
export class BatchMerge {
  /** Rows under the key of another proxy, which they leave alone. */
  readonly homeless = new Set<PendingRow>();
  /** Rows under a key of their own, at which another proxy was. */
  readonly replacing = new Set<PendingRow>();
  /** Rows over an earlier row of the import that has another password, and is the same in all that the key covers. */
  readonly doubled = new Set<PendingRow>();
  /** Rows with labels for which their entries had no room. */
  readonly crowded = new Set<PendingRow>();
  entries: readonly CacheEntry[] = [];
  readonly #rows: readonly PendingRow[];
  readonly #ttlGiven: boolean;
  readonly #keys: RowKeys;
  readonly #earlier: RecentKeys;
  /** The keys of this batch's rows, so far, that have a password. */
  readonly #withPassword = new Set<string>();
  readonly #doubles = new Map<PendingRow, boolean>();
  /** By key, what came of masking an entry. */
  readonly #masked = new Map<string, { readonly from: CacheEntry; readonly to: CacheEntry }>();

  constructor(rows: readonly PendingRow[], { ttlGiven, keys, earlier }: BatchMergeOptions) {
    this.#rows = rows;
    this.#ttlGiven = ttlGiven;
    this.#keys = keys;
    this.#earlier = earlier;
  }

  /** Masks what there is to mask over these entries, with turns for others in between. Their texts and credentials may not change until `over`. */
  async prepare(existing: Existing): Promise<void> {
    if (this.#workOver(existing) < WORK_OF_A_TURN) return;
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

  /** The entries to store. */
  over(existing: Existing): readonly CacheEntry[] {
    this.homeless.clear();
    this.replacing.clear();
    this.crowded.clear();
    this.doubled.clear();
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
      this.homeless.add(row);
      return;
    }
    if (isTaken) this.replacing.add(row);
    else if (isRepeated && keySource === 'own' && this.#isDouble(row, before)) this.doubled.add(row);
    if (!isTaken && !haveRoom(before.labels, entry.labels)) this.crowded.add(row);
    merged.set(entry.key, { entry: mergeExisting(before, entry, this.#ttlGiven), last: entry });
  }

  /** True where nothing but the password tells a row from an earlier one. Credentials are opened once for that. */
  #isDouble(row: PendingRow, before: CacheEntry): boolean {
    let isDouble = this.#doubles.get(row);
    if (isDouble === undefined) {
      isDouble = isOtherPassword(before, row.entry);
      this.#doubles.set(row, isDouble);
    }
    return isDouble;
  }

  #maskMixed({ entry, last }: Merged): CacheEntry {
    if (!isMixed(entry, last)) return entry;
    const known = this.#masked.get(entry.key);
    if (known !== undefined && areSameTexts(known.from, entry)) {
      const { source, lastHealthError, labels } = known.to;
      return CacheEntry.restore({ ...entry, source, lastHealthError, labels });
    }
    const fields = maskPlainFields(entry);
    const to = fields === entry ? entry : CacheEntry.restore(fields);
    this.#masked.set(entry.key, { from: entry, to });
    return to;
  }

  /** At most so much is to mask: nothing over nothing. */
  #workOver(existing: Existing): number {
    let work = this.#rows.length * WORK_OF_A_TEXT;
    for (const { entry } of this.#rows) work += lengthOfTexts(entry);
    for (const entry of existing.values()) work += lengthOfTexts(entry);
    return work;
  }
}

/** True where nothing but the password tells two entries of one proxy apart. */
function isOtherPassword(before: CacheEntry, entry: CacheEntry): boolean {
  if (before.password === null || entry.password === null) return false;
  if ((before.username?.reveal() ?? '') !== (entry.username?.reveal() ?? '')) return false;
  return before.password.reveal() !== entry.password.reveal();
}

function lengthOfTexts({ source, lastHealthError, labels }: CacheEntry): number {
  let length = source.length + (lastHealthError?.length ?? 0);
  for (const name in labels) length += WORK_OF_A_TEXT + labels[name]!.length;
  return length;
}

/** True for credentials of the one and texts of the other: neither was masked against the other. */
function isMixed(entry: CacheEntry, last: CacheEntry): boolean {
  if (entry === last || !entry.hasCredentials) return false;
  const { username, password, lastHealthError, labels } = entry;
  if (username !== last.username || password !== last.password) return true;
  if (!areSameLabels(labels, last.labels)) return true;
  return lastHealthError !== null && lastHealthError !== last.lastHealthError;
}

function areSameTexts(one: CacheEntry, other: CacheEntry): boolean {
  return (
    one.username === other.username &&
    one.password === other.password &&
    one.source === other.source &&
    one.lastHealthError === other.lastHealthError &&
    areSameLabels(one.labels, other.labels)
  );
}
