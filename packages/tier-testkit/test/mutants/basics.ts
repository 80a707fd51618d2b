import type { CacheEntry, RemovalReason } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import type { Row } from '../tiers/row-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** All tiers in memory, for those that do not keep to their own. */
const everyTier = new Set<{ readonly directory: string; readonly rows: Map<string, Row> }>();

export const basicsMutants: readonly Mutant[] = [
  plant(
    'set-ignored-when-present',
    'A put under a key that is there changes nothing.',
    ['basics', 'replaces every field of an entry'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        return this.live(key) !== undefined || super.store(key, entry);
      }
    },
  ),
  plant(
    'ttl-not-refreshed',
    'A put under a key that is there keeps the old deadline.',
    ['basics', 'applies the new deadline when an entry is replaced'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry;
        return super.store(key, old === undefined ? entry : entry.with({ expiresAt: old.expiresAt }));
      }
    },
  ),
  plant(
    'null-is-no-news',
    'A put under a key that is there merges: where the new entry has null, the old field stays.',
    ['basics', 'replaces every field of an entry'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry;
        const news = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
        return super.store(key, old === undefined ? entry : old.with(news));
      }
    },
  ),
  plant(
    'read-once',
    'A get takes the entry out.',
    ['basics', 'returns an entry that put has stored'],
    class extends MapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const entry = super.lookUp(key);
        this.rows.delete(key);
        return entry;
      }
    },
  ),
  plant(
    'null-for-a-miss',
    'A get that finds nothing gives null.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends MapTier {
      override get(key: string): CacheEntry | undefined {
        return super.get(key) ?? (null as unknown as undefined);
      }
    },
  ),
  plant(
    'found-by-prefix',
    'A get finds the first key that begins like it.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends MapTier {
      protected override live(key: string): Row | undefined {
        return super.live(key) ?? [...this.rows].find(([other]) => other.startsWith(key))?.[1];
      }
    },
  ),
  plant(
    'delete-always-true',
    'A delete of what is not there is true.',
    ['basics', 'reports from delete whether a live entry was removed'],
    class extends MapTier {
      protected override remove(key: string, reason: RemovalReason): boolean {
        super.remove(key, reason);
        return true;
      }
    },
  ),
  plant(
    'delete-of-expired-true',
    'A delete of an expired entry is true.',
    ['basics', 'reports false from delete when the entry had expired'],
    class extends MapTier {
      protected override remove(key: string, reason: RemovalReason): boolean {
        return super.remove(key, reason) || (this.rows.has(key) && this.rows.delete(key)) || this.#had(key);
      }
      readonly #seen = new Set<string>();
      #had(key: string): boolean {
        return this.#seen.delete(key);
      }
      protected override dropExpired(key: string): boolean {
        const was = super.dropExpired(key);
        if (was) this.#seen.add(key);
        return was;
      }
    },
  ),
  plant(
    'delete-leaves-a-tombstone',
    'A key that was deleted can never be stored again.',
    ['basics', 'reports from delete whether a live entry was removed'],
    class extends MapTier {
      readonly #tombstones = new Set<string>();
      protected override remove(key: string, reason: RemovalReason): boolean {
        const was = super.remove(key, reason);
        if (was) this.#tombstones.add(key);
        return was;
      }
      protected override store(key: string, entry: CacheEntry): boolean {
        return this.#tombstones.has(key) || super.store(key, entry);
      }
    },
  ),
  plant(
    'clear-by-wildcard',
    'A clear empties every store whose name begins like its own.',
    ['hostile keys', 'lists and clears only its own store'],
    class extends MapTier {
      override open(): void {
        everyTier.add({ directory: this.setup.directory, rows: this.rows });
        super.open();
      }
      override clear(): number {
        const count = this.size();
        for (const { directory, rows } of everyTier) if (directory.startsWith(this.setup.directory)) rows.clear();
        return count;
      }
    },
  ),
  plant(
    'clear-in-pages',
    'A clear stops after its first 20 entries.',
    ['basics', 'removes every entry on clear'],
    class extends MapTier {
      override clear(): number {
        this.removeExpired();
        const first = [...this.rows.keys()].slice(0, 20);
        return first.filter((key) => this.rows.delete(key)).length;
      }
    },
  ),
  plant(
    'clear-counts-expired',
    'A clear counts expired entries among those it removed.',
    ['basics', 'removes every entry on clear'],
    class extends MapTier {
      override clear(): number {
        const count = this.rows.size;
        super.clear();
        return count;
      }
    },
  ),
  plant(
    'keys-of-a-log',
    'Lists a key once for each put.',
    ['basics', 'lists exactly the live entries'],
    class extends MapTier {
      readonly #log: string[] = [];
      protected override store(key: string, entry: CacheEntry): boolean {
        this.#log.push(key);
        return super.store(key, entry);
      }
      override keys(): string[] {
        return this.#log.filter((key) => this.live(key) !== undefined);
      }
    },
  ),
  plant(
    'entries-fail-fast',
    'The reader of its entries meets an error when they change meanwhile.',
    ['basics', 'tolerates changes while its entries are being read'],
    class extends MapTier {
      override *entries(): Generator<CacheEntry> {
        const { size } = this.rows;
        for (const { entry } of this.liveRows()) {
          if (this.rows.size !== size) throw new Error('the map was changed while it was read');
          yield entry;
        }
      }
    },
  ),
  plant(
    'entries-in-pages',
    'Reads its entries in pages by offset, and so tells some twice when others were deleted and put meanwhile.',
    ['basics', 'tolerates changes while its entries are being read'],
    class extends MapTier {
      override *entries(): Generator<CacheEntry> {
        for (let offset = 0; offset < this.rows.size; offset += 10)
          for (const row of [...this.rows.values()].reverse().slice(offset, offset + 10))
            if (!this.isExpired(row.entry)) yield row.entry;
      }
    },
  ),
];
