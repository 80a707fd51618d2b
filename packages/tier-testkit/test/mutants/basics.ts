import type { CacheEntry, RemovalReason } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import type { Row } from '../tiers/row-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** All tiers in memory, for mutants that touch the stores of others. */
const everyTier = new Set<{ readonly directory: string; readonly rows: Map<string, Row> }>();

export const basicsMutants: readonly Mutant[] = [
  plant(
    'set-ignored-when-present',
    'Ignores a put of an existing key.',
    ['basics', 'replaces every field of an entry'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        return this.live(key) !== undefined || super.store(key, entry);
      }
    },
  ),
  plant(
    'ttl-not-refreshed',
    'Keeps the old deadline when an entry is replaced.',
    ['basics', 'applies the new deadline when an entry is replaced'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry;
        return super.store(key, old === undefined ? entry : entry.with({ expiresAt: old.expiresAt }));
      }
    },
  ),
  plant(
    'null-keeps-the-old-value',
    'Merges a replacement: where the new entry has null, the old field stays.',
    ['basics', 'replaces every field of an entry'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry;
        const news = Object.fromEntries(Object.entries(entry.toFields()).filter(([, value]) => value !== null));
        return super.store(key, old === undefined ? entry : old.with(news));
      }
    },
  ),
  plant(
    'read-once',
    'Removes an entry on get.',
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
    'Returns null for a miss.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends MapTier {
      override get(key: string): CacheEntry | undefined {
        return super.get(key) ?? (null as unknown as undefined);
      }
    },
  ),
  plant(
    'found-by-prefix',
    'Finds the first key that starts with the requested one.',
    ['basics', 'finds nothing under a key that was never stored'],
    class extends MapTier {
      protected override live(key: string): Row | undefined {
        return super.live(key) ?? [...this.rows].find(([other]) => other.startsWith(key))?.[1];
      }
    },
  ),
  plant(
    'delete-always-true',
    'Returns true from delete for a missing key.',
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
    'Returns true from delete for an expired entry.',
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
    'Never stores a deleted key again.',
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
    'Clears every store whose name starts with its own.',
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
    'Stops a clear after 20 entries.',
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
    'Counts expired entries among those removed by clear.',
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
    'Throws if its entries change while they are being read.',
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
    'Pages its entries by offset, and repeats some when others are deleted and put meanwhile.',
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
