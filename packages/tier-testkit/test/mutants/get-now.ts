import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { isPromise } from '@pw/cache-models/tier';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const OTHER = ['get now', 'finds the same with getNow as with get'] as const;
const EXPIRED = ['get now', 'removes an expired entry on getNow and returns nothing'] as const;
const COUNTED = ['get now', 'counts getNow as one hit or one miss'] as const;

export const getNowMutants: readonly Mutant[] = [
  plant(
    'now-or-null',
    'Returns null from getNow for a miss.',
    OTHER,
    class extends MapTier {
      override getNow(key: string): CacheEntry | undefined {
        return super.getNow(key) ?? (null as unknown as undefined);
      }
    },
  ),
  plant(
    'now-is-later',
    'Returns a promise from getNow in a synchronous tier.',
    OTHER,
    class extends MapTier {
      override getNow(key: string): CacheEntry | undefined {
        return Promise.resolve(super.getNow(key)) as unknown as undefined;
      }
    },
  ),
  plant(
    'now-stale',
    'Caches the result of getNow, and returns it after the entry was replaced or deleted.',
    OTHER,
    class extends PromiseMapTier {
      readonly #atHand = new Map<string, CacheEntry>();
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        const found = super.getNow(key);
        if (isPromise(found) || found === undefined) return found;
        this.#atHand.set(key, this.#atHand.get(key) ?? found);
        return this.#atHand.get(key);
      }
    },
  ),
  plant(
    'now-ignores-the-deadline',
    'Ignores the deadline in getNow.',
    EXPIRED,
    class extends MapTier {
      override getNow(key: string): CacheEntry | undefined {
        this.checkKey(key);
        const row = this.rows.get(key);
        if (row === undefined || !this.isExpired(row.entry)) return super.getNow(key);
        this.countHit();
        return row.entry;
      }
    },
  ),
  plant(
    'now-leaves-the-expired',
    'Hides an expired entry in getNow, but does not remove it.',
    EXPIRED,
    class extends PromiseMapTier {
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        if (typeof key !== 'string' || this.inner.peek(key) !== undefined) return super.getNow(key);
        this.inner.countMiss();
        return undefined;
      }
    },
  ),
  plant(
    'now-uncounted',
    'Counts neither hits nor misses in getNow.',
    COUNTED,
    class extends MapTier {
      override getNow(key: string): CacheEntry | undefined {
        return this.peek(key);
      }
    },
  ),
  plant(
    'now-missed-twice',
    'Counts a miss of getNow twice.',
    COUNTED,
    class extends PromiseMapTier {
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        const found = super.getNow(key);
        return found === undefined ? this.get(key) : found;
      }
    },
  ),
  plant(
    'now-accepts-any-key',
    'Treats a key that is not a string as a missing one in getNow.',
    ['arguments', 'refuses a value that is not a key in getNow'],
    class extends PromiseMapTier {
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        return typeof key === 'string' ? super.getNow(key) : undefined;
      }
    },
  ),
  plant(
    'now-only-when-open',
    'Does not open on getNow.',
    ['lifecycle', 'opens on its first use'],
    class extends PromiseMapTier {
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        return this.status === 'open' ? super.getNow(key) : undefined;
      }
    },
  ),
  plant(
    'now-when-off',
    'Answers getNow while it is off.',
    ['failures', 'answers as for a miss and changes nothing while it is off'],
    class extends PromiseMapTier {
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        const row = this.enabled ? undefined : this.inner.rows.get(key);
        return row === undefined ? super.getNow(key) : row.entry;
      }
    },
  ),
  plant(
    'now-throws',
    'Throws from getNow when its store is broken.',
    ['failures', 'answers as for a miss when its store is broken'],
    class extends PromiseMapTier {
      override getNow(key: string): MaybePromise<CacheEntry | undefined> {
        return this.status === 'open' && this.enabled ? this.inner.get(key) : super.getNow(key);
      }
    },
  ),
];
