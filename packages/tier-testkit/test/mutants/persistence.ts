import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import { type AccessUpdate, addHits } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

/** Caches the file in memory after the first read, and does not see writes of others. */
abstract class CachingTier extends FileTier {
  #isLoaded = false;
  protected override load(): void {
    if (!this.#isLoaded) super.load();
    this.#isLoaded = true;
  }
  protected override async doClose(): Promise<void> {
    await super.doClose();
    this.#isLoaded = false;
  }
}

/** A table with wrong claims. */
function claiming(claims: Partial<FileTable['capabilities']>) {
  return class extends FileTable {
    constructor(setup: TierSetup) {
      super(setup, claims);
    }
  };
}

export const persistenceMutants: readonly Mutant[] = [
  plant(
    'written-on-close',
    'Writes its file only when it is closed.',
    ['persistent', 'keeps every acknowledged write when its process is killed'],
    class extends CachingTier {
      protected override save(): void {}
      protected override async doClose(): Promise<void> {
        super.save();
        await super.doClose();
      }
    },
  ),
  plant(
    'written-a-little-later',
    'Acknowledges a put a few milliseconds before it is stored.',
    ['persistent', 'keeps every acknowledged write when its process is killed'],
    class extends CachingTier {
      #soon: Promise<void> | undefined;
      protected override save(): void {
        this.#soon ??= setTimeout(20).then(() => {
          this.#soon = undefined;
          super.save();
        });
      }
      protected override async doClose(): Promise<void> {
        await this.#soon;
        await super.doClose();
      }
    },
  ),
  plant(
    'written-in-place',
    'Writes over its file in two steps; a kill between them leaves half of it.',
    ['persistent', 'keeps every acknowledged write when its process is killed'],
    class extends FileTier {
      protected override write(text: string): void {
        writeFileSync(this.path, '');
        // Much longer than the rest of its work, so that a random kill is likely to hit it.
        const until = Date.now() + 15;
        while (Date.now() < until);
        writeFileSync(this.path, text);
      }
      protected override read(): string {
        return super.read();
      }
    },
  ),
  plant(
    'deletes-in-memory-only',
    'Writes puts immediately, but deletes only with the next put.',
    ['lifecycle', 'keeps removals and replacements across close'],
    class extends CachingTier {
      #keys = new Set<string>();
      protected override save(): void {
        const keys = [...this.table.rows.keys()];
        const isDelete = keys.length < this.#keys.size;
        this.#keys = new Set(keys);
        if (!isDelete) super.save();
      }
    },
  ),
  plant(
    'persistence-claimed',
    'Claims persistent, but keeps everything in memory.',
    ['lifecycle', 'keeps entries across close'],
    class extends MapTier {
      constructor(setup: TierSetup) {
        super(setup, { persistent: true });
      }
    },
  ),
  plantInTable(
    'persistence-unclaimed',
    'Is persistent but does not claim it.',
    ['lifecycle', 'keeps no entries across close unless it claims persistent'],
    claiming({ persistent: false }),
  ),
  plantInTable(
    'lifetimes-restarted-on-open',
    'Restarts the lifetime of every entry that it reads from its file.',
    ['lifecycle', 'keeps removals and replacements across close'],
    class extends FileTable {
      override load(text: string): void {
        super.load(text);
        for (const row of this.rows.values()) row.entry = this.renewed(row.entry);
      }
      protected renewed(entry: CacheEntry): CacheEntry {
        const life = entry.expiresAt - entry.fetchTime;
        return this.isExpired(entry) ? entry.with({ expiresAt: this.now() + life }) : entry;
      }
    },
  ),
];

export const sharingMutants: readonly Mutant[] = [
  plant(
    'cached-index',
    'Reads its file once, and never sees the writes of another tier.',
    ['shared', 'sees the writes of another tier on its store immediately'],
    class extends CachingTier {},
  ),
  plant(
    'cached-misses',
    'Caches misses, and does not read again.',
    ['shared', 'finds a key that it had missed once another tier puts it'],
    class extends FileTier {
      readonly #missing = new Set<string>();
      override async get(key: string): Promise<CacheEntry | undefined> {
        if (this.#missing.has(key)) {
          this.inner.countMiss();
          return undefined;
        }
        const entry = await super.get(key);
        if (entry === undefined) this.#missing.add(key);
        return entry;
      }
      override put(key: string, entry: CacheEntry): Promise<boolean> {
        this.#missing.delete(key);
        return super.put(key, entry);
      }
    },
  ),
  plant(
    'lost-update',
    'Reads and writes its file without a lock.',
    ['shared', 'loses no write when two tiers write concurrently'],
    class extends FileTier {
      protected override takeLock(): boolean {
        return true;
      }
      protected override releaseLock(): void {}
      protected override async transact<T>(work: () => T): Promise<T> {
        this.load();
        const answer = work();
        const text = this.table.changed ? this.table.save() : undefined;
        await setTimeout(1);
        if (text !== undefined) this.write(text);
        return answer;
      }
    },
  ),
  plant(
    'lock-in-the-process',
    'Locks only within its own process.',
    ['shared', 'loses no write when several processes write concurrently'],
    class extends FileTier {
      protected override takeLock(): boolean {
        return true;
      }
      protected override releaseLock(): void {}
      protected override read(): string {
        const text = super.read();
        const until = Date.now() + 2;
        while (Date.now() < until);
        return text;
      }
      protected override write(text: string): void {
        writeFileSync(this.path, text);
      }
    },
  ),
  plant(
    'sharing-claimed',
    'Claims shared, but each tier has its own memory.',
    ['shared', 'sees the writes of another tier on its store immediately'],
    class extends MapTier {
      constructor(setup: TierSetup) {
        super(setup, { shared: true });
      }
    },
  ),
  plantInTable(
    'access-overwrites-others',
    'Stores the count that this tier knows of, over what others have counted.',
    ['access', 'adds up the hits of two tiers on one store'],
    class extends FileTable {
      readonly #known = new Map<string, number>();
      protected override noteAccess(update: AccessUpdate): boolean {
        const { key, hits } = update;
        const before = this.live(key)?.entry.accessCount;
        if (!super.noteAccess(update)) return false;
        const accessCount = addHits(this.#known.get(key) ?? before!, hits);
        this.#known.set(key, accessCount);
        const row = this.live(key)!;
        row.entry = row.entry.with({ accessCount });
        return true;
      }
      protected override store(key: string, entry: CacheEntry): boolean {
        this.#known.delete(key);
        return super.store(key, entry);
      }
    },
  ),
  plantInTable(
    'sharing-unclaimed',
    'Is shared but does not claim it.',
    ['shared', 'sees no writes of another tier unless it claims shared'],
    claiming({ shared: false }),
  ),
];
