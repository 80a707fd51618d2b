import { type CacheEntry, EvictionPolicy, RemovalReason } from '@pw/cache-models';
import { type AccessUpdate, addHits, stampEntry, versionOf } from '@pw/cache-models/tier';
import { isBroken } from './broken-stores.ts';
import { PlainTier } from './plain-tier.ts';

/**
 * An entry with the data of the eviction policies: when it was stored and last used, in steps, and how often it was
 * used.
 */
export interface Row {
  entry: CacheEntry;
  stored: number;
  used: number;
  uses: number;
}

/** The rows of a tier: one Map, with linear searches. */
export abstract class RowTier extends PlainTier {
  rows = new Map<string, Row>();
  steps = 0;

  /** The rows by key; throws while the store is broken. */
  protected table(): Map<string, Row> {
    if (isBroken(this.setup.directory)) throw new Error('the store is broken');
    return this.rows;
  }
  protected keyOf(key: string): string {
    return key;
  }
  /** Converts an entry that is put into the one that is stored. */
  protected takeIn(entry: CacheEntry): CacheEntry {
    return entry;
  }
  /** Converts a stored entry into the one that is returned. */
  protected handOut(entry: CacheEntry): CacheEntry {
    return entry;
  }
  protected sizeNow(): number {
    return [...this.rows.values()].filter(({ entry }) => !this.isExpired(entry)).length;
  }

  protected live(key: string): Row | undefined {
    const row = this.table().get(key);
    return row === undefined || this.isExpired(row.entry) ? undefined : row;
  }
  /** The live rows, first stored first. */
  protected liveRows(): Row[] {
    return [...this.table().values()].filter(({ entry }) => !this.isExpired(entry));
  }

  protected lookUp(key: string): CacheEntry | undefined {
    const row = this.live(key);
    if (row === undefined) this.dropExpired(key);
    else this.use(row);
    return row?.entry;
  }
  /** Records a read or a put of a present entry. */
  protected use(row: Row): void {
    row.used = ++this.steps;
    row.uses++;
  }

  protected store(key: string, entry: CacheEntry): boolean {
    const old = this.live(key);
    if (old !== undefined) {
      old.entry = entry;
      this.use(old);
      return true;
    }
    this.dropExpired(key);
    const step = ++this.steps;
    this.table().set(key, { entry, stored: step, used: step, uses: 1 });
    this.makeRoom(key);
    return true;
  }

  /** True if the tier contains one entry too many. */
  protected isTooFull(): boolean {
    return this.rows.size > (this.config.maxEntries ?? Number.POSITIVE_INFINITY);
  }
  protected makeRoom(newcomer: string): void {
    if (!this.isTooFull()) return;
    for (const key of this.rows.keys()) if (this.dropExpired(key)) return;
    const [key, { entry }] = this.victim([...this.rows].filter(([other]) => other !== newcomer));
    this.rows.delete(key);
    this.evicted(key, entry);
  }
  protected victim(candidates: [string, Row][]): [string, Row] {
    return candidates.reduce((first, other) => (this.goesBefore(other[1], first[1]) ? other : first));
  }
  protected goesBefore(a: Row, b: Row): boolean {
    const { evictionPolicy } = this.config;
    if (evictionPolicy === EvictionPolicy.FIFO) return a.stored < b.stored;
    if (evictionPolicy === EvictionPolicy.LRU) return a.used < b.used;
    return a.uses < b.uses || (a.uses === b.uses && a.stored < b.stored);
  }

  protected remove(key: string, reason: RemovalReason): boolean {
    if (this.live(key) === undefined) {
      this.dropExpired(key);
      return false;
    }
    this.countRemoval(reason);
    return this.rows.delete(key);
  }
  /** Removes a row if it has expired. */
  protected dropExpired(key: string): boolean {
    const row = this.table().get(key);
    if (row === undefined || !this.isExpired(row.entry)) return false;
    this.countRemoval(RemovalReason.TTL);
    return this.rows.delete(key);
  }
  protected removeExpired(): number {
    return [...this.table().keys()].filter((key) => this.dropExpired(key)).length;
  }

  protected noteAccess({ key, hits, lastAccessed: accessed, evictedFromL1 }: AccessUpdate): boolean {
    const row = this.live(this.keyOf(key));
    if (row === undefined) return false;
    const { entry } = row;
    // Validates the hits.
    entry.with({ accessCount: hits, lastAccessed: accessed });
    const accessCount = addHits(entry.accessCount, hits);
    const lastAccessed = Math.max(entry.lastAccessed, accessed);
    const changed = entry.with({ accessCount, lastAccessed, evictedFromL1: evictedFromL1 ?? entry.evictedFromL1 });
    row.entry = stampEntry(changed, versionOf(entry));
    if (accessed > entry.lastAccessed) this.use(row);
    return true;
  }
}
