import type { AccessUpdate, CacheEntry, RemovalReason } from '@pw/cache-models';
import type { TierSetup } from '../../src/index.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { PromiseMapTier } from '../tiers/promise-map-tier.ts';
import { TouchNotes } from '../tiers/touch-notes.ts';
import { type Mutant, plant } from './mutant.ts';

const TOUCHED = 'touched';
const OTHER = [TOUCHED, 'reports exactly the touches that it counted'] as const;
const FORGET = [TOUCHED, 'forgets exactly the touches that it is told to forget'] as const;
const TAKE = [TOUCHED, 'takes at most the requested number of touches and keeps the rest'] as const;

/** A tier that remembers touches in its own way. */
function noting(Notes: new (tier: MapTier) => TouchNotes) {
  return class extends MapTier {
    protected override makeNotes(): TouchNotes {
      return new Notes(this);
    }
  };
}

/** Notes that look at the entries of their tier. */
class LookingNotes extends TouchNotes {
  protected readonly tier: MapTier;
  constructor(tier: MapTier) {
    super();
    this.tier = tier;
  }
}

const viewMutants: readonly Mutant[] = [
  plant(
    'touched-later',
    'Answers with promises, and remembers touches all the same.',
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
    'Gives a view of touches, and has no touch.',
    [TOUCHED, 'offers touched only together with touch, and synchronously'],
    class extends MapTier {
      override readonly touch = undefined as never;
    },
  ),
  plant(
    'touched-anew',
    'Begins a new view each time that it is asked for one.',
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
    'Remembers touches before anybody asks for them.',
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
    'Tells nothing of what it counted while it is off.',
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
    'touched-as-first',
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
    'touched-how-often',
    'Tells how often an entry was touched, not what it counts.',
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
    'Remembers a get as a touch.',
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
    'Forgets what it tells of a key.',
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
    'Remembers the last touch, although an entry that was put anew begins with less.',
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
    'Takes everything, whatever the limit.',
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
    'Takes up to the limit, and forgets the rest.',
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
    'Gives the same counts each time.',
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
    'count-of-the-living',
    'Does not count the touches of entries that are gone.',
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
    'Forgets all touches when it is told to forget those of one key.',
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
    'forget-of-the-living',
    'Forgets what is there, and keeps the touches of entries that are gone.',
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
    'forget-one-by-one',
    'Takes a forget without a key for one of a key that is not there.',
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

/** Tiers that forget the touches of an entry with it, each in one place. */
const fateMutants: readonly Mutant[] = [
  plant(
    'touched-goes-with-the-evicted',
    'Forgets the touches of an entry that has to make room.',
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
    'Forgets the touches of an entry that expires.',
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
    'touched-goes-with-the-swept',
    'Forgets the touches of expired entries in a cleanup.',
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
    'Forgets the touches of an entry that is deleted.',
    [TOUCHED, 'keeps the touches of an entry that is deleted'],
    class extends MapTier {
      protected override remove(key: string, reason: RemovalReason): boolean {
        this.notes?.forget(key);
        return super.remove(key, reason);
      }
    },
  ),
  plant(
    'touched-goes-with-the-old',
    'Forgets the touches of an entry that is put anew.',
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
    'Takes the counts from the entries when it is asked, and so those of an entry that was put anew.',
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
    'touched-goes-with-all',
    'Forgets all touches when it is cleared.',
    [TOUCHED, 'keeps the touches of an entry that is cleared'],
    class extends MapTier {
      override clear(): number {
        this.notes?.forget();
        return super.clear();
      }
    },
  ),
  plant(
    'touched-until-close',
    'Forgets all touches when it is closed.',
    [TOUCHED, 'keeps the touches of an entry that is closed'],
    class extends MapTier {
      override close(): void {
        this.notes?.forget();
        super.close();
      }
    },
  ),
  plant(
    'touched-goes-with-the-outlived',
    'Forgets the touches of an entry that is put anew after its time.',
    [TOUCHED, 'keeps the touches of an entry that is expired and put again'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        if (this.rows.has(key) && this.live(key) === undefined) this.notes?.forget(key);
        return super.store(key, entry);
      }
    },
  ),
  plant(
    'touched-goes-for-want-of-room',
    'Forgets the touches of an expired entry that makes room for another one.',
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
