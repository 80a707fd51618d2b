import type { CacheEntry } from '@pw/cache-models';
import { RemovalReason } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import type { Row } from '../tiers/row-tier.ts';
import { type Mutant, plant } from './mutant.ts';

export const capacityMutants: readonly Mutant[] = [
  plant(
    'one-too-many',
    'Holds one entry more than maxEntries.',
    ['capacity', 'holds exactly maxEntries entries when full with lru'],
    class extends MapTier {
      protected override isTooFull(): boolean {
        return this.config.maxEntries !== null && this.rows.size > this.config.maxEntries + 1;
      }
    },
  ),
  plant(
    'one-too-few',
    'Holds one entry less than maxEntries, when that is more than one.',
    ['capacity', 'holds exactly maxEntries entries when full with lfu'],
    class extends MapTier {
      protected override isTooFull(): boolean {
        const { maxEntries } = this.config;
        return maxEntries !== null && this.rows.size > Math.max(1, maxEntries - 1);
      }
    },
  ),
  plant(
    'never-full',
    'Knows no limit.',
    ['capacity', 'holds exactly maxEntries entries when full with fifo'],
    class extends MapTier {
      protected override isTooFull(): boolean {
        return false;
      }
    },
  ),
  plant(
    'batches-without-limit',
    'Knows no limit in putMany.',
    ['capacity', 'keeps to maxEntries in putMany and reports every eviction'],
    class extends MapTier {
      #inBatch = false;
      override putMany(entries: readonly CacheEntry[]): boolean[] {
        this.#inBatch = true;
        const answers = super.putMany(entries);
        this.#inBatch = false;
        return answers;
      }
      protected override isTooFull(): boolean {
        return !this.#inBatch && super.isTooFull();
      }
    },
  ),
  plant(
    'refuses-when-full',
    'Refuses new entries when it is full.',
    ['capacity', 'holds exactly maxEntries entries when full with lru'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const { maxEntries } = this.config;
        if (this.live(key) === undefined && maxEntries !== null && this.rows.size >= maxEntries) return false;
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'evicts-for-a-replacement',
    'Makes room when it is full and an entry is only replaced.',
    ['capacity', 'evicts nothing when an existing entry is replaced'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        if (this.live(key) !== undefined && this.rows.size === this.config.maxEntries && this.rows.size > 1) {
          const [first, row] = this.victim([...this.rows].filter(([other]) => other !== key));
          this.rows.delete(first);
          this.evicted(first, row.entry);
        }
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'evicts-in-tenths',
    'Makes more room than it needs: two entries go for one.',
    ['capacity', 'holds exactly maxEntries entries when full with lru'],
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        super.evicted(key, entry);
        const [next] = this.rows;
        if (this.rows.size < 3 || next === undefined) return;
        this.rows.delete(next[0]);
        super.evicted(next[0], next[1].entry);
      }
    },
  ),
  plant(
    'live-before-expired',
    'Lets a live entry make room while there is an expired one.',
    ['capacity', 'evicts expired entries before live ones with lru'],
    class extends MapTier {
      #makingRoom = false;
      protected override makeRoom(newcomer: string): void {
        this.#makingRoom = true;
        super.makeRoom(newcomer);
        this.#makingRoom = false;
      }
      protected override dropExpired(key: string): boolean {
        return !this.#makingRoom && super.dropExpired(key);
      }
    },
  ),
  plant(
    'fifo-listens-to-reads',
    'With fifo a read moves an entry to the end.',
    ['eviction policies', 'ignores reads with fifo'],
    class extends MapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const entry = super.lookUp(key);
        const row = this.rows.get(key);
        if (row !== undefined && this.config.evictionPolicy === 'fifo') row.stored = ++this.steps;
        return entry;
      }
    },
  ),
  plant(
    'fifo-moves-replaced',
    'With fifo a put moves an entry that was there to the end.',
    ['eviction policies', 'keeps the place of a replaced entry with fifo'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const stored = super.store(key, entry);
        if (this.config.evictionPolicy === 'fifo') this.rows.get(key)!.stored = ++this.steps;
        return stored;
      }
    },
  ),
  plant(
    'lru-deaf-to-reads',
    'With lru a read is no use.',
    ['eviction policies', 'evicts the least recently used entry with lru'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        return this.config.evictionPolicy === 'lru' ? a.stored < b.stored : super.goesBefore(a, b);
      }
    },
  ),
  plant(
    'lru-deaf-to-puts',
    'With lru a put of an entry that is there is no use.',
    ['eviction policies', 'counts a put as a use with lru'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key);
        if (old === undefined || this.config.evictionPolicy !== 'lru') return super.store(key, entry);
        old.entry = entry;
        return true;
      }
    },
  ),
  plant(
    'mru-for-lru',
    'With lru the entry goes that was used last.',
    ['eviction policies', 'evicts the least recently used entry with lru'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        return this.config.evictionPolicy === 'lru' ? a.used > b.used : super.goesBefore(a, b);
      }
    },
  ),
  plant(
    'lfu-ties-to-the-newest',
    'With lfu the newest of several goes that were used equally often.',
    ['eviction policies', 'evicts the oldest of equally used entries with lfu'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        if (this.config.evictionPolicy !== 'lfu') return super.goesBefore(a, b);
        return a.uses < b.uses || (a.uses === b.uses && a.stored > b.stored);
      }
    },
  ),
  plant(
    'lfu-by-the-last-use',
    'With lfu it looks at the last use and not at their number.',
    ['eviction policies', 'evicts the least frequently used entry with lfu'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        return this.config.evictionPolicy === 'lfu' ? a.used < b.used : super.goesBefore(a, b);
      }
    },
  ),
  plant(
    'has-is-a-use',
    'has counts as a use of the entry.',
    ['eviction policies', 'does not count has, peek or a listing as a use'],
    class extends MapTier {
      override has(key: string): boolean {
        const row = this.live(this.keyOf(key));
        if (row !== undefined) this.use(row);
        return super.has(key);
      }
    },
  ),
  plant(
    'peek-is-a-use',
    'peek counts as a use of the entry.',
    ['eviction policies', 'does not count has, peek or a listing as a use'],
    class extends MapTier {
      override peek(key: string): CacheEntry | undefined {
        const row = this.live(this.keyOf(key));
        if (row !== undefined) this.use(row);
        return super.peek(key);
      }
    },
  ),
  plant(
    'listing-is-a-use',
    'Reading the entries counts as a use of each, the last first.',
    ['eviction policies', 'does not count has, peek or a listing as a use'],
    class extends MapTier {
      override entries(): Iterable<CacheEntry> {
        for (const row of this.liveRows().reverse()) this.use(row);
        return super.entries();
      }
    },
  ),
  plant(
    'listener-not-called',
    'Tells onEvict nothing.',
    ['capacity', 'passes the evicted entry to onEvict'],
    class extends MapTier {
      protected override evicted(): void {
        this.countRemoval(RemovalReason.CAPACITY);
      }
    },
  ),
  plant(
    'listener-told-the-newcomer',
    'Tells onEvict of the entry that came.',
    ['capacity', 'passes the evicted entry to onEvict'],
    class extends MapTier {
      protected override evicted(): void {
        const newest = [...this.rows.values()].at(-1)!.entry;
        super.evicted(newest.key, newest);
      }
    },
  ),
  plant(
    'listener-told-of-deletes',
    'Tells onEvict of an entry that somebody deleted.',
    ['capacity', 'reports no eviction to onEvict for a delete, replacement, clear or expiry'],
    class extends MapTier {
      protected override remove(key: string, reason: RemovalReason): boolean {
        const entry = this.live(key)?.entry;
        if (entry !== undefined) this.setup.onEvict(key, entry, RemovalReason.EXPLICIT);
        return super.remove(key, reason);
      }
    },
  ),
  plant(
    'listener-error-escapes',
    'What onEvict throws comes out of put.',
    ['capacity', 'keeps working when its listener throws'],
    class extends MapTier {
      protected override attempt<T>(fallback: T, work: () => T): T {
        return this.enabled ? work() : fallback;
      }
      protected override evicted(key: string, entry: CacheEntry): void {
        this.countRemoval(RemovalReason.CAPACITY);
        this.setup.onEvict(key, entry, RemovalReason.CAPACITY);
      }
    },
  ),
  plant(
    'listener-error-is-a-failure',
    'What onEvict throws counts as a failure of the store, and the put as failed.',
    ['capacity', 'keeps working when its listener throws'],
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        this.countRemoval(RemovalReason.CAPACITY);
        this.setup.onEvict(key, entry, RemovalReason.CAPACITY);
      }
    },
  ),
  plant(
    'listener-rejection-unhandled',
    'An onEvict that rejects ends the process.',
    ['capacity', 'handles a rejection of its listener'],
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        this.countRemoval(RemovalReason.CAPACITY);
        try {
          this.setup.onEvict(key, entry, RemovalReason.CAPACITY);
        } catch {
          this.setup.logger.warn({}, 'a listener failed');
        }
      }
    },
  ),
];
