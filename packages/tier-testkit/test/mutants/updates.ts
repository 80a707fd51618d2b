import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** The last update of this process. */
let lastUpdate: Promise<unknown> = Promise.resolve();

type Change = (entry: CacheEntry) => CacheEntry | null;

export const updateMutants: readonly Mutant[] = [
  plant(
    'update-not-stored',
    'Answers an update without storing it.',
    ['update', 'stores what a change makes of the entry'],
    class extends FileTier {
      protected override async updateEntry(key: string, change: Change) {
        const entry = await this.peek(key);
        return entry === undefined ? undefined : change(entry);
      }
    },
  ),
  plant(
    'update-never-removes',
    'Keeps an entry of which a change made null.',
    ['update', 'removes an entry if the change makes null of it'],
    class extends FileTier {
      protected override updateEntry(key: string, change: Change) {
        return super.updateEntry(key, (entry) => change(entry) ?? entry);
      }
    },
  ),
  plant(
    'update-of-the-expired',
    'Updates an entry that has expired.',
    ['update', 'changes no entry that expired or was removed'],
    class extends FileTier {
      protected override async updateEntry(key: string, change: Change) {
        return this.run<CacheEntry | null | undefined>(undefined, () => {
          const entry = this.table.rows.get(key)?.entry;
          const changed = entry === undefined ? undefined : change(entry);
          if (changed != null) this.table.put(key, changed);
          else if (changed === null) this.table.delete(key);
          return changed;
        });
      }
    },
  ),
  plant(
    'update-unchecked',
    'Stores nothing, and does not refuse it, if a change makes something else.',
    ['update', 'stores nothing if the change throws or makes something else'],
    class extends FileTier {
      override update(key: string, change: Change) {
        this.table.checkKey(key);
        return this.updateEntry(key, (entry) => {
          const changed = change(entry);
          return changed?.key === key ? changed : entry;
        });
      }
    },
  ),
  plant(
    'update-in-steps',
    'Reads the entry, changes it and stores it in separate steps.',
    ['update', 'loses no change of several instances'],
    class extends FileTier {
      protected override async updateEntry(key: string, change: Change) {
        const entry = await this.peek(key);
        if (entry === undefined) return undefined;
        const changed = change(entry);
        return super.updateEntry(key, () => changed);
      }
    },
  ),
  plant(
    'update-of-one-process',
    'Makes updates one after the other within a process only.',
    ['update', 'loses no change of several processes'],
    class extends FileTier {
      protected override updateEntry(key: string, change: Change) {
        const made = lastUpdate.then(async () => {
          const entry = await this.peek(key);
          if (entry === undefined) return undefined;
          const changed = change(entry);
          // Long enough for the other process.
          await sleep(2);
          return super.updateEntry(key, () => changed);
        });
        lastUpdate = made.catch(() => {});
        return made;
      }
    },
  ),
];
