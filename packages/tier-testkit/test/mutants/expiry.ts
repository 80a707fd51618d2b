import type { CacheEntry } from '@pw/cache-models';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const MILLISECONDS = ['expiry', 'expires an entry at the exact millisecond'] as const;
const FAR_AHEAD = ['expiry', 'keeps an entry whose deadline is more than 25 days ahead'] as const;
const CLEANUP = ['expiry', 'removes exactly the expired entries in cleanupExpired'] as const;

export const expiryMutants: readonly Mutant[] = [
  plant(
    'seconds-for-milliseconds',
    'Reads the deadline as seconds, so that nothing ever expires.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return this.now() >= entry.expiresAt * 1000;
      }
    },
  ),
  plant(
    'whole-seconds',
    'Compares times in whole seconds.',
    MILLISECONDS,
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return Math.floor(this.now() / 1000) >= Math.floor(entry.expiresAt / 1000);
      }
    },
  ),
  plant(
    'boundary-off-by-one',
    'Shows an entry in the millisecond of its deadline.',
    MILLISECONDS,
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return this.now() > entry.expiresAt;
      }
    },
  ),
  plant(
    'expired-a-millisecond-early',
    'Hides an entry one millisecond before its deadline.',
    MILLISECONDS,
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return this.now() >= entry.expiresAt - 1;
      }
    },
  ),
  plant(
    'ttl-trusted',
    'Computes its own deadline, ttlSeconds after the fetch.',
    ['expiry', 'takes the deadline from expiresAt, not from ttlSeconds'],
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return this.now() >= entry.fetchTime + entry.ttlSeconds * 1000;
      }
    },
  ),
  plant(
    'lifetime-from-the-put',
    'Starts the lifetime of an entry at its put instead of its fetch.',
    ['expiry', 'applies the deadline regardless of when the entry was put'],
    class extends MapTier {
      readonly #puts = new Map<string, number>();
      protected override store(key: string, entry: CacheEntry): boolean {
        this.#puts.set(entry.key, this.now());
        return super.store(key, entry);
      }
      protected override isExpired(entry: CacheEntry): boolean {
        return this.now() >= (this.#puts.get(entry.key) ?? 0) + entry.expiresAt - entry.fetchTime;
      }
    },
  ),
  plant(
    'timer-overflow',
    'Drops entries that live longer than a timer can wait: 2^31 ms.',
    FAR_AHEAD,
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        return entry.expiresAt - this.now() >= 2 ** 31 || super.store(key, entry);
      }
    },
  ),
  plant(
    'lifetime-in-32-bits',
    'Stores the remaining lifetime in 32 bits.',
    FAR_AHEAD,
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return ((entry.expiresAt - this.now()) | 0) <= 0;
      }
    },
  ),
  plant(
    'deadline-in-32-bits',
    'Stores a deadline as seconds in 32 bits, which overflow in 2106.',
    ['expiry', 'keeps an entry until the year 9999'],
    class extends MapTier {
      protected override isExpired(entry: CacheEntry): boolean {
        return this.now() >= (Math.floor(entry.expiresAt / 1000) >>> 0) * 1000 + (entry.expiresAt % 1000);
      }
    },
  ),
  plant(
    'system-clock',
    'Uses the system clock instead of the injected one.',
    MILLISECONDS,
    class extends MapTier {
      protected override now(): number {
        return Date.now();
      }
    },
  ),
  plant(
    'clock-read-once',
    'Reads the clock when it opens and never again.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      #opened: number | undefined;
      protected override now(): number {
        this.#opened ??= super.now();
        return this.#opened;
      }
    },
  ),
  plant(
    'sliding-deadline',
    'Extends the deadline of an entry on get.',
    ['expiry', 'keeps the deadline of an entry that is used'],
    class extends MapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        const entry = super.lookUp(key);
        const row = this.rows.get(key);
        if (row !== undefined) row.entry = row.entry.with({ expiresAt: this.now() + row.entry.ttlSeconds * 1000 });
        return entry;
      }
    },
  ),
  plant(
    'size-counts-expired',
    'Counts expired entries in its size until they are removed.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override size(): number {
        return this.rows.size;
      }
      protected override sizeNow(): number {
        return this.rows.size;
      }
    },
  ),
  plant(
    'keys-list-expired',
    'Lists the keys of expired entries until they are removed.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override keys(): string[] {
        return [...this.rows.keys()];
      }
    },
  ),
  plant(
    'has-ignores-the-deadline',
    'Returns true from has for an expired entry until it is removed.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override has(key: string): boolean {
        return this.rows.has(key);
      }
    },
  ),
  plant(
    'entries-show-expired',
    'Returns expired entries from entries().',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override entries(): Iterable<CacheEntry> {
        return [...this.rows.values()].map(({ entry }) => entry);
      }
    },
  ),
  plant(
    'peek-ignores-the-deadline',
    'Returns an expired entry from peek until it is removed.',
    ['expiry', 'hides an entry after its deadline'],
    class extends MapTier {
      override peek(key: string): CacheEntry | undefined {
        return this.rows.get(key)?.entry;
      }
    },
  ),
  plant(
    'cleanup-takes-live-ones',
    'cleanupExpired also removes entries that expire within the next second.',
    CLEANUP,
    class extends MapTier {
      protected override removeExpired(): number {
        const soon = [...this.rows].filter(([, { entry }]) => this.now() + 1000 >= entry.expiresAt);
        return soon.filter(([key]) => this.rows.delete(key)).length;
      }
    },
  ),
  plant(
    'cleanup-counts-wrongly',
    'cleanupExpired returns the number of entries left.',
    CLEANUP,
    class extends MapTier {
      override cleanupExpired(): number {
        super.cleanupExpired();
        return this.rows.size;
      }
    },
  ),
  plant(
    'cleanup-in-pages',
    'cleanupExpired stops after 10 entries.',
    CLEANUP,
    class extends MapTier {
      protected override removeExpired(): number {
        const page = [...this.rows].filter(([, { entry }]) => this.isExpired(entry)).slice(0, 10);
        return page.filter(([key]) => this.dropExpired(key)).length;
      }
    },
  ),
  plant(
    'expired-only-hidden',
    'Hides an expired entry on get, but does not remove it.',
    ['expiry', 'does not restore a removed expired entry when the clock is set back'],
    class extends MapTier {
      protected override lookUp(key: string): CacheEntry | undefined {
        return this.live(key) && super.lookUp(key);
      }
    },
  ),
];
