import { type CacheEntry, type CacheTier, type EntryFilter, type EntryPage, RemovalReason } from '@pw/cache-models';
import { type AccessUpdate, checkFilter, queryEntries } from '@pw/cache-models/tier';
import { RowTier } from './row-tier.ts';

/** The simplest correct tier in memory: one Map, with linear searches. */
export class MapTier extends RowTier implements CacheTier {
  override close(): void {
    this.rows = new Map();
    super.close();
  }

  get(key: string): CacheEntry | undefined {
    this.checkKey(key);
    if (!this.enabled) return undefined;
    const entry = this.attempt(undefined, () => this.lookUp(this.keyOf(key)));
    if (entry === undefined) this.countMiss();
    else this.countHit();
    return entry && this.handOut(entry);
  }

  getNow(key: string): CacheEntry | undefined {
    return this.get(key);
  }

  put(key: string, entry: CacheEntry): boolean {
    this.checkEntry(key, entry);
    return this.attempt(false, () => this.store(this.keyOf(key), this.takeIn(entry)));
  }

  delete(key: string, reason: RemovalReason = RemovalReason.EXPLICIT): boolean {
    this.checkKey(key);
    return this.attempt(false, () => this.remove(this.keyOf(key), reason));
  }

  has(key: string): boolean {
    this.checkKey(key);
    return this.attempt(false, () => this.live(this.keyOf(key)) !== undefined);
  }

  peek(key: string): CacheEntry | undefined {
    this.checkKey(key);
    const row = this.attempt(undefined, () => this.live(this.keyOf(key)));
    return row && this.handOut(row.entry);
  }

  getMany(keys: readonly string[]): Map<string, CacheEntry> {
    for (const key of keys) this.checkKey(key);
    const found = new Map<string, CacheEntry>();
    for (const key of new Set(keys)) {
      const entry = this.get(key);
      if (entry !== undefined) found.set(key, entry);
    }
    return found;
  }

  putMany(entries: readonly CacheEntry[]): boolean[] {
    for (const entry of entries) this.checkEntry(entry?.key, entry);
    return entries.map((entry) => this.put(entry.key, entry));
  }

  deleteMany(keys: readonly string[]): boolean[] {
    for (const key of keys) this.checkKey(key);
    return keys.map((key) => this.delete(key));
  }

  clear(): number {
    return this.attempt(0, () => {
      this.removeExpired();
      const count = this.table().size;
      this.rows = new Map();
      return count;
    });
  }

  size(): number {
    return this.attempt(0, () => this.liveRows().length);
  }

  keys(): string[] {
    return this.attempt<string[]>([], () => this.liveRows().map(({ entry }) => entry.key));
  }

  entries(): Iterable<CacheEntry> {
    const entries = this.attempt<CacheEntry[]>([], () => this.liveRows().map(({ entry }) => this.handOut(entry)));
    return entries.values();
  }

  cleanupExpired(): number {
    return this.attempt(0, () => this.removeExpired());
  }

  recordAccess(updates: readonly AccessUpdate[]): number {
    return this.attempt(0, () => updates.filter((update) => this.noteAccess(update)).length);
  }

  query(filter: EntryFilter = {}): EntryPage {
    checkFilter(filter);
    const now = this.now();
    return this.attempt<EntryPage>({ entries: [], cursor: null }, () => this.find(filter, now));
  }
  protected find(filter: EntryFilter, now: number): EntryPage {
    return queryEntries(
      [...this.table().values()].map(({ entry }) => entry),
      filter,
      now,
    );
  }
}
