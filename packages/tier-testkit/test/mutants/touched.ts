import type { AccessUpdate, CacheEntry, RemovalReason } from '@pw/cache-models';
import type { TierSetup } from '../../src/index.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { TouchNotes } from '../tiers/touch-notes.ts';
import { type Mutant, plant } from './mutant.ts';

const TOUCHED = 'touched';
const OTHER = [TOUCHED, 'reports exactly the touches that it counted'] as const;
const FORGET = [TOUCHED, 'forgets exactly the touches of the keys passed to forget'] as const;
const TAKE = [TOUCHED, 'takes at most the requested number of touches and keeps the rest'] as const;

/** A tier that counts touches in its own way. */
function noting(Notes: new (tier: MapTier) => TouchNotes) {
  return class extends MapTier {
    protected override makeNotes(): TouchNotes {
      return new Notes(this);
    }
  };
}

/** Touch counts that depend on the entries of their tier. */
class LookingNotes extends TouchNotes {
  protected readonly tier: MapTier;
  constructor(tier: MapTier) {
    super();
    this.tier = tier;
  }
}

const viewMutants: readonly Mutant[] = [
  plant(
    'touched-asynchronous',
    'Offers touched in an asynchronous tier.',
    [TOUCHED, 'offers touched only together with touch, and synchronously'],
    class extends PromiseMapTier {
      readonly #notes = new TouchNotes();
      async touch(key: string): Promise<CacheEntry | undefined> {
        const entry = (await this.get(key))?.touch(Date.now());
        if (entry !== undefined) this.#notes.note(entry);
        return entry;
      }
      touched(): TouchNotes {
        return this.#notes;
      }
    },
  ),
  plant(
    'touched-without-touch',
    'Has touched, but not touch.',
    [TOUCHED, 'offers touched only together with touch, and synchronously'],
    class extends MapTier {
      override readonly touch = undefined as never;
    },
  ),
  plant(
    'touched-new-view-each-time',
    'Returns a new view on every call of touched.',
    [TOUCHED, 'returns the same view of its touches every time'],
    class extends MapTier {
      override touched(): TouchNotes {
        this.notes = this.makeNotes();
        return this.notes;
      }
    },
  ),
  plant(
    'touched-from-the-start',
    'Counts touches before the first call of touched.',
    [TOUCHED, 'counts touches only after the first call of touched'],
    class extends MapTier {
      constructor(setup: TierSetup) {
        super(setup);
        this.notes = this.makeNotes();
      }
    },
  ),
  plant(
    'touched-silent-when-off',
    'Reports no touches while it is off.',
    [TOUCHED, 'reports its touches while it is off'],
    noting(
      class extends LookingNotes {
        override of(key: string): AccessUpdate | undefined {
          return this.tier.enabled ? super.of(key) : undefined;
        }
      },
    ),
  ),
];

const countMutants: readonly Mutant[] = [
  plant(
    'touched-keeps-the-first',
    'Keeps the count of the first touch.',
    OTHER,
    noting(
      class extends TouchNotes {
        override note(entry: CacheEntry): void {
          if (!this.notes.has(entry.key)) super.note(entry);
        }
      },
    ),
  ),
  plant(
    'touched-counts-touches',
    'Reports the number of touches instead of the accessCount.',
    OTHER,
    noting(
      class extends TouchNotes {
        override note(entry: CacheEntry): void {
          super.note(entry.with({ accessCount: (this.notes.get(entry.key)?.accessCount ?? 0) + 1 }));
        }
      },
    ),
  ),
  plant(
    'gets-are-touches',
    'Counts a get as a touch.',
    OTHER,
    class extends MapTier {
      override get(key: string): CacheEntry | undefined {
        const entry = super.get(key);
        if (entry !== undefined) this.notes?.note(entry);
        return entry;
      }
    },
  ),
  plant(
    'of-takes',
    'Drops the touch of a key when `of` reports it.',
    OTHER,
    noting(
      class extends TouchNotes {
        override of(key: string): AccessUpdate | undefined {
          const update = super.of(key);
          this.forget(key);
          return update;
        }
      },
    ),
  ),
  plant(
    'touched-goes-back',
    'Reports the last touch even when an entry was put again with a lower count.',
    [TOUCHED, 'never lets a count or a time go back when an entry is put again'],
    noting(
      class extends TouchNotes {
        override note(entry: CacheEntry): void {
          this.notes.delete(entry.key);
          super.note(entry);
        }
      },
    ),
  ),
];

const takeMutants: readonly Mutant[] = [
  plant(
    'take-all',
    'Ignores the limit of take.',
    TAKE,
    noting(
      class extends TouchNotes {
        override take(): AccessUpdate[] {
          return super.take(this.count);
        }
      },
    ),
  ),
  plant(
    'take-drops-the-rest',
    'Takes up to the limit, and drops the rest.',
    TAKE,
    noting(
      class extends TouchNotes {
        override take(limit: number): AccessUpdate[] {
          const taken = super.take(limit);
          this.forget();
          return taken;
        }
      },
    ),
  ),
  plant(
    'take-again',
    'Does not remove the touches that it takes.',
    TAKE,
    noting(
      class extends TouchNotes {
        override take(limit: number): AccessUpdate[] {
          return [...this.notes.values()].slice(0, limit);
        }
      },
    ),
  ),
  plant(
    'count-of-present-entries',
    'Leaves removed entries out of the count.',
    TAKE,
    noting(
      class extends LookingNotes {
        override get count(): number {
          return [...this.notes.keys()].filter((key) => this.tier.has(key)).length;
        }
      },
    ),
  ),
  plant(
    'forget-is-forget-all',
    'Forgets all touches instead of those of one key.',
    FORGET,
    noting(
      class extends TouchNotes {
        override forget(): void {
          super.forget();
        }
      },
    ),
  ),
  plant(
    'forget-only-present-entries',
    'Forgets only the touches of present entries.',
    FORGET,
    noting(
      class extends LookingNotes {
        override forget(key?: string): void {
          for (const other of key === undefined ? [...this.notes.keys()] : [key])
            if (this.tier.has(other)) super.forget(other);
        }
      },
    ),
  ),
  plant(
    'forget-needs-a-key',
    'Ignores a forget without a key.',
    FORGET,
    noting(
      class extends TouchNotes {
        override forget(key?: string): void {
          super.forget(key ?? '');
        }
      },
    ),
  ),
];

/** Tiers that drop the touches of an entry together with it, each in one situation. */
const fateMutants: readonly Mutant[] = [
  plant(
    'touched-goes-with-the-evicted',
    'Drops the touches of an evicted entry.',
    [TOUCHED, 'keeps the touches of an entry that is evicted'],
    class extends MapTier {
      protected override evicted(key: string, entry: CacheEntry): void {
        this.notes?.forget(key);
        super.evicted(key, entry);
      }
    },
  ),
  plant(
    'touched-goes-with-the-expired',
    'Drops the touches of an entry that expires.',
    [TOUCHED, 'keeps the touches of an entry that is expired'],
    class extends MapTier {
      protected override dropExpired(key: string): boolean {
        const was = super.dropExpired(key);
        if (was) this.notes?.forget(key);
        return was;
      }
    },
  ),
  plant(
    'touched-goes-with-cleanup',
    'Drops the touches of expired entries in cleanupExpired.',
    [TOUCHED, 'keeps the touches of an entry that is expired and cleaned up'],
    class extends MapTier {
      protected override removeExpired(): number {
        for (const key of this.rows.keys()) if (this.live(key) === undefined) this.notes?.forget(key);
        return super.removeExpired();
      }
    },
  ),
  plant(
    'touched-goes-with-the-deleted',
    'Drops the touches of a deleted entry.',
    [TOUCHED, 'keeps the touches of an entry that is deleted'],
    class extends MapTier {
      protected override remove(key: string, reason: RemovalReason): boolean {
        this.notes?.forget(key);
        return super.remove(key, reason);
      }
    },
  ),
  plant(
    'touched-goes-with-the-replaced',
    'Drops the touches of a replaced entry.',
    [TOUCHED, 'keeps the touches of an entry that is put again'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        this.notes?.forget(key);
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'touched-read-from-the-rows',
    'Reads the counts from the current entries, even if they were put again.',
    [TOUCHED, 'keeps the touches of an entry that is put again in a batch'],
    noting(
      class extends LookingNotes {
        override of(key: string): AccessUpdate | undefined {
          const update = super.of(key);
          const { accessCount, lastAccessed } = this.tier.peek(key) ?? update ?? { accessCount: 0, lastAccessed: 0 };
          return update && { ...update, accessCount, lastAccessed };
        }
      },
    ),
  ),
  plant(
    'touched-goes-with-clear',
    'Drops all touches on clear.',
    [TOUCHED, 'keeps the touches of an entry that is removed by clear'],
    class extends MapTier {
      override clear(): number {
        this.notes?.forget();
        return super.clear();
      }
    },
  ),
  plant(
    'touched-until-close',
    'Drops all touches on close.',
    [TOUCHED, 'keeps the touches of an entry that is stored when the tier is closed'],
    class extends MapTier {
      override close(): void {
        this.notes?.forget();
        super.close();
      }
    },
  ),
  plant(
    'touched-goes-with-the-expired-replaced',
    'Drops the touches of an expired entry that is put again.',
    [TOUCHED, 'keeps the touches of an entry that is expired and put again'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        if (this.rows.has(key) && this.live(key) === undefined) this.notes?.forget(key);
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'touched-goes-with-the-expired-evicted',
    'Drops the touches of an expired entry that is evicted.',
    [TOUCHED, 'accounts for every touch in random histories'],
    class extends MapTier {
      protected override makeRoom(newcomer: string): void {
        const before = [...this.rows.keys()];
        const touched = before.filter((key) => this.live(key) === undefined);
        super.makeRoom(newcomer);
        for (const key of touched) if (!this.rows.has(key)) this.notes?.forget(key);
      }
    },
    { runs: 100 },
  ),
];

export const touchedMutants: readonly Mutant[] = [...viewMutants, ...countMutants, ...takeMutants, ...fateMutants];
