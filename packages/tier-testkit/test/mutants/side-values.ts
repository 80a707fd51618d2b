import type { CacheEntry } from '@pw/cache-models';
import { MAX_SIDE_VALUE, type SideValues } from '@pw/cache-models/tier';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant } from './mutant.ts';

/** The side values of a correct tier, with one method changed. */
function changed(right: SideValues, change: Partial<SideValues>): SideValues {
  return {
    read: (name) => right.read(name),
    storeIfAbsent: (name, value) => right.storeIfAbsent(name, value),
    replace: (name, expected, value) => right.replace(name, expected, value),
    ...change,
  };
}

export const sideValueMutants: readonly Mutant[] = [
  plant(
    'side-value-last-wins',
    'Overwrites an existing side value in storeIfAbsent.',
    ['side values', 'keeps the first side value stored under a name'],
    class extends FileTier {
      override readonly sideValues = changed(this.rightSideValues, {
        storeIfAbsent: (name, value) =>
          this.transact(() => {
            this.table.sideValues.set(name, value);
            this.table.changed = true;
            return value;
          }),
      });
    },
  ),
  plant(
    'side-value-not-atomic',
    'Checks for a side value and stores its own in two separate steps.',
    ['side values', 'lets only one of several instances store a side value first'],
    class extends FileTier {
      override readonly sideValues = changed(this.rightSideValues, {
        storeIfAbsent: async (name, value) => {
          const found = await this.rightSideValues.read(name);
          if (found !== undefined) return found;
          return this.transact(() => {
            this.table.sideValues.set(name, value);
            this.table.changed = true;
            return value;
          });
        },
      });
    },
  ),
  plant(
    'side-value-replaced-blindly',
    'Replaces a side value without comparing it.',
    ['side values', 'replaces a side value only if it is the expected one'],
    class extends FileTier {
      override readonly sideValues = changed(this.rightSideValues, {
        replace: (name, _expected, value) =>
          this.transact(() => {
            this.table.sideValues.set(name, value);
            this.table.changed = true;
            return true;
          }),
      });
    },
  ),
  plant(
    'side-value-replace-not-atomic',
    'Compares and replaces a side value in two separate steps.',
    ['side values', 'lets only one of several instances replace a side value'],
    class extends FileTier {
      override readonly sideValues = changed(this.rightSideValues, {
        replace: async (name, expected, value) => {
          if ((await this.rightSideValues.read(name)) !== expected) return false;
          return this.transact(() => {
            this.table.sideValues.set(name, value);
            this.table.changed = true;
            return true;
          });
        },
      });
    },
  ),
  plant(
    'side-value-cleared',
    'Removes side values on clear.',
    ['side values', 'keeps side values when it is cleared, full or cleaned up'],
    class extends FileTier {
      override async clear(): Promise<number> {
        const count = await super.clear();
        await this.transact(() => {
          this.table.sideValues.clear();
          this.table.changed = true;
        });
        return count;
      }
    },
  ),
  plant(
    'side-value-is-an-entry',
    'Lists the names of side values among its keys.',
    ['side values', 'does not list side values among its entries'],
    class extends FileTier {
      override async keys(): Promise<string[]> {
        return [...(await super.keys()), ...this.table.sideValues.keys()];
      }
    },
  ),
  plant(
    'side-value-unchecked',
    'Stores any string as a side value, truncated to the limit.',
    ['side values', 'refuses an invalid name or value for a side value'],
    class extends FileTier {
      override readonly sideValues = changed(this.rightSideValues, {
        storeIfAbsent: (name, value) =>
          this.transact(() => {
            const found = this.table.sideValues.get(name);
            if (found !== undefined) return found;
            const stored = value.slice(0, MAX_SIDE_VALUE);
            this.table.sideValues.set(name, stored);
            this.table.changed = true;
            return stored;
          }),
      });
    },
  ),
  plant(
    'side-value-evicted',
    'Removes side values when an entry is evicted.',
    ['side values', 'keeps side values when it is cleared, full or cleaned up'],
    class extends FileTier {
      override async put(key: string, entry: CacheEntry): Promise<boolean> {
        const wasFull = (await this.size()) === this.config.maxEntries;
        const isStored = await super.put(key, entry);
        if (!wasFull) return isStored;
        await this.transact(() => {
          this.table.sideValues.clear();
          this.table.changed = true;
        });
        return isStored;
      }
    },
  ),
];
