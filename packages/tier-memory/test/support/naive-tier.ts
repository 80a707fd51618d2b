import { CacheEntry, type EvictionPolicy, RemovalReason } from '@pw/cache-models';

interface Row {
  entry: CacheEntry;
  readonly stored: number;
  used: number;
  uses: number;
}

/** An eviction that was reported or is expected. */
export interface Departure {
  readonly key: string;
  readonly entry: CacheEntry;
  readonly reason: RemovalReason;
}

/**
 * A memory tier written to be obviously correct: a Map that is searched and sorted at each step. It follows the real
 * tier in one choice only: which of several expired entries is evicted first.
 */
export class NaiveTier {
  readonly rows = new Map<string, Row>();
  hits = 0;
  misses = 0;
  capacity = 0;
  ttl = 0;
  health = 0;
  readonly #policy: EvictionPolicy;
  readonly #max: number;
  #step = 0;

  constructor(policy: EvictionPolicy, max: number | null) {
    this.#policy = policy;
    this.#max = max ?? Number.POSITIVE_INFINITY;
  }

  live(key: string, now: number): CacheEntry | undefined {
    const entry = this.rows.get(key)?.entry;
    return entry === undefined || now >= entry.expiresAt ? undefined : entry;
  }

  liveEntries(now: number): CacheEntry[] {
    return [...this.rows.values()].map((row) => row.entry).filter((entry) => now < entry.expiresAt);
  }

  expiredKeys(now: number): string[] {
    return [...this.rows.keys()].filter((key) => this.live(key, now) === undefined);
  }

  get(key: string, now: number): CacheEntry | undefined {
    const entry = this.live(key, now);
    if (entry !== undefined) {
      this.hits++;
      this.#use(key);
      return this.#count(key, entry.accessCount + 1, now);
    }
    this.misses++;
    this.#dropExpired(key);
    return undefined;
  }

  recordAccess(key: string, hits: number, lastAccessed: number, now: number): number {
    const entry = this.live(key, now);
    if (entry === undefined) return 0;
    if (lastAccessed > entry.lastAccessed) this.#use(key);
    this.#count(key, Math.min(entry.accessCount + hits, Number.MAX_SAFE_INTEGER), lastAccessed);
    return 1;
  }

  /** Stores an entry and returns the expected eviction, given the actual one. */
  put(entry: CacheEntry, now: number, left: readonly Departure[]): readonly Departure[] {
    const { key } = entry;
    if (this.live(key, now) !== undefined) {
      this.rows.get(key)!.entry = entry;
      this.#use(key);
      return [];
    }
    this.#dropExpired(key);
    const victim = this.rows.size < this.#max ? undefined : this.#victimFor(entry, now, left);
    const isNewcomer = victim?.entry === entry;
    if (victim !== undefined && !isNewcomer) this.rows.delete(victim.key);
    if (victim?.reason === RemovalReason.TTL) this.ttl++;
    if (victim?.reason === RemovalReason.CAPACITY) this.capacity++;
    if (!isNewcomer) this.rows.set(key, { entry, stored: ++this.#step, used: this.#step, uses: 1 });
    return victim === undefined ? [] : [victim];
  }

  delete(key: string, reason: RemovalReason, now: number): boolean {
    const was = this.live(key, now) !== undefined;
    if (!was) this.#dropExpired(key);
    else this.rows.delete(key);
    if (was && reason === RemovalReason.HEALTH) this.health++;
    return was;
  }

  cleanup(now: number): number {
    const expired = this.expiredKeys(now);
    for (const key of expired) this.#dropExpired(key);
    return expired.length;
  }

  clear(now: number): number {
    this.cleanup(now);
    const count = this.rows.size;
    this.rows.clear();
    return count;
  }

  #victimFor(newcomer: CacheEntry, now: number, left: readonly Departure[]): Departure {
    const expired = this.expiredKeys(now);
    if (expired.length > 0) {
      const named = left[0]?.key ?? '';
      const key = expired.includes(named) ? named : expired[0]!;
      return { key, entry: this.rows.get(key)!.entry, reason: RemovalReason.TTL };
    }
    if (now >= newcomer.expiresAt) return { key: newcomer.key, entry: newcomer, reason: RemovalReason.TTL };
    const [first] = [...this.rows].sort(([, a], [, b]) => this.#compare(a, b));
    return { key: first![0], entry: first![1].entry, reason: RemovalReason.CAPACITY };
  }

  #compare(a: Row, b: Row): number {
    if (this.#policy === 'fifo') return a.stored - b.stored;
    if (this.#policy === 'lru') return a.used - b.used;
    return a.uses - b.uses || a.used - b.used;
  }

  #use(key: string): void {
    const row = this.rows.get(key)!;
    row.used = ++this.#step;
    row.uses++;
  }

  /** Replaces the entry by one with these counts; neither decreases. */
  #count(key: string, accessCount: number, lastAccessed: number): CacheEntry {
    const row = this.rows.get(key)!;
    // The clock may be beyond the year 9999, which `with` would refuse.
    row.entry = CacheEntry.restore({
      ...row.entry.toFields(),
      accessCount: Math.max(accessCount, row.entry.accessCount),
      lastAccessed: Math.max(lastAccessed, row.entry.lastAccessed),
    });
    return row.entry;
  }

  #dropExpired(key: string): void {
    if (this.rows.delete(key)) this.ttl++;
  }
}
