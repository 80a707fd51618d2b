import type { CacheEntry } from '@pw/cache-models';
import { RemovalReason } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import type { Row } from '../tiers/row-tier.ts';
import { type Mutant, plant } from './mutant.ts';

export const capacityMutants: readonly Mutant[] = [
  plant(
    'one-too-many',
    'Keeps one entry more than maxEntries.',
    ['capacity', 'holds exactly maxEntries entries when full with lru'],
    class extends MapTier {
      protected override isTooFull(): boolean {
        return this.config.maxEntries !== null && this.rows.size > this.config.maxEntries + 1;
      }
    },
  ),
  plant(
    'one-too-few',
    'Keeps one entry less than maxEntries, if that is more than one.',
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
    'Ignores maxEntries.',
    ['capacity', 'holds exactly maxEntries entries when full with fifo'],
    class extends MapTier {
      protected override isTooFull(): boolean {
        return false;
      }
    },
  ),
  plant(
    'batches-without-limit',
    'Ignores maxEntries in putMany.',
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
    'Evicts an entry when another is replaced in a full tier.',
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
    'Evicts two entries where one suffices.',
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
    'Evicts a live entry while there is an expired one.',
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
    'fifo-moved-by-reads',
    'Moves an entry to the end on a read, with fifo.',
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
    'Moves a replaced entry to the end, with fifo.',
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
    'lru-ignores-reads',
    'Does not count a read as a use, with lru.',
    ['eviction policies', 'evicts the least recently used entry with lru'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        return this.config.evictionPolicy === 'lru' ? a.stored < b.stored : super.goesBefore(a, b);
      }
    },
  ),
  plant(
    'lru-ignores-puts',
    'Does not count a replacement as a use, with lru.',
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
    'Evicts the most recently used entry, with lru.',
    ['eviction policies', 'evicts the least recently used entry with lru'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        return this.config.evictionPolicy === 'lru' ? a.used > b.used : super.goesBefore(a, b);
      }
    },
  ),
  plant(
    'lfu-ties-to-the-newest',
    'Evicts the newest of several equally used entries, with lfu.',
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
    'Compares the last use instead of the number of uses, with lfu.',
    ['eviction policies', 'evicts the least frequently used entry with lfu'],
    class extends MapTier {
      protected override goesBefore(a: Row, b: Row): boolean {
        return this.config.evictionPolicy === 'lfu' ? a.used < b.used : super.goesBefore(a, b);
      }
    },
  ),
  plant(
    'has-is-a-use',
    'Counts has as a use of the entry.',
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
    'Counts peek as a use of the entry.',
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
    'Counts reading the entries as a use of each, the last first.',
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
    'Never calls onEvict.',
    ['capacity', 'passes the evicted entry to onEvict'],
    class extends MapTier {
      protected override evicted(): void {
        this.countRemoval(RemovalReason.CAPACITY);
      }
    },
  ),
  plant(
    'listener-gets-the-new-entry',
    'Passes the new entry to onEvict.',
    ['capacity', 'passes the evicted entry to onEvict'],
    class extends MapTier {
      protected override evicted(): void {
        const newest = [...this.rows.values()].at(-1)!.entry;
        super.evicted(newest.key, newest);
      }
    },
  ),
  plant(
    'listener-called-for-deletes',
    'Calls onEvict for a deleted entry.',
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
    'Throws the error of onEvict from put.',
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
    'Treats an error of onEvict as a failure of the store, and of the put.',
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
    'Leaves a rejection of onEvict unhandled.',
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
