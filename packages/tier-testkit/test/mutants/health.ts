import type { CacheEntry, HealthHistoryOptions, HealthRecord } from '@pw/cache-models';
import type { HealthCheck } from '@pw/cache-models/tier';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant } from './mutant.ts';

const HEALTH = 'health';

type Change = (entry: CacheEntry) => CacheEntry;

export const healthMutants: readonly Mutant[] = [
  plant(
    'history-oldest-first',
    'Returns the oldest check first.',
    [HEALTH, 'returns the checks of a key newest first'],
    class extends FileTier {
      protected override newestFirst(checks: readonly HealthRecord[]): HealthRecord[] {
        return super.newestFirst(checks).reverse();
      }
    },
  ),
  plant(
    'history-as-recorded',
    'Returns checks in the order in which they were recorded, not made.',
    [HEALTH, 'returns the checks of a key newest first'],
    class extends FileTier {
      protected override newestFirst(checks: readonly HealthRecord[]): HealthRecord[] {
        return [...checks].reverse();
      }
    },
  ),
  plant(
    'history-without-the-entry',
    'Adds a check to the history but does not store the changed entry.',
    [HEALTH, 'stores what a check makes of its own entry'],
    class extends FileTier {
      protected override async recordCheck(key: string, check: HealthCheck, change: Change) {
        const before = await this.peek(key);
        const after = await super.recordCheck(key, check, change);
        if (before !== undefined) await this.put(key, before);
        return after;
      }
    },
  ),
  plant(
    'history-before-the-change',
    'Adds a check to the history even if the change throws.',
    [HEALTH, 'stores nothing if the change throws'],
    class extends FileTier {
      protected override async recordCheck(key: string, check: HealthCheck, change: Change) {
        await super.recordCheck(key, check, (entry) => entry);
        return this.run<CacheEntry | undefined>(undefined, () => {
          const entry = this.table.peek(key);
          if (entry === undefined) return undefined;
          const changed = change(entry);
          this.table.put(key, changed);
          return changed;
        });
      }
    },
  ),
  plant(
    'checks-not-atomic',
    'Reads the entry, changes it and stores it in separate steps.',
    [HEALTH, 'counts the checks of several instances exactly'],
    class extends FileTier {
      protected override async recordCheck(key: string, check: HealthCheck, change: Change) {
        const before = await this.peek(key);
        if (before === undefined) return undefined;
        const changed = change(before);
        return super.recordCheck(key, check, () => changed);
      }
    },
  ),
  plant(
    'change-unchecked',
    'Stores whatever a change returns.',
    [HEALTH, 'refuses an invalid check, an invalid change and invalid options'],
    class extends FileTier {
      protected override recordCheck(key: string, check: HealthCheck, change: Change) {
        return super.recordCheck(key, check, (entry) => {
          const changed = change(entry);
          return changed?.key === key ? changed : entry;
        });
      }
    },
  ),
  plant(
    'history-without-since',
    'Ignores since in a history.',
    [HEALTH, 'respects limit and since in the history'],
    class extends FileTier {
      protected override checkHistory(key: string, { limit }: HealthHistoryOptions = {}): Promise<HealthRecord[]> {
        return super.checkHistory(key, { limit });
      }
    },
  ),
  plant(
    'history-without-limit',
    'Ignores limit in a history.',
    [HEALTH, 'respects limit and since in the history'],
    class extends FileTier {
      protected override checkHistory(key: string, { since }: HealthHistoryOptions = {}): Promise<HealthRecord[]> {
        return super.checkHistory(key, { since });
      }
    },
  ),
  plant(
    'history-outlives-its-entry',
    'Keeps the checks of an entry that was deleted.',
    [HEALTH, 'keeps the history of a replaced entry and drops that of a deleted one'],
    class extends FileTier {
      readonly #past = new Map<string, readonly HealthRecord[]>();
      override async delete(key: string): Promise<boolean> {
        this.#past.set(key, await super.checkHistory(key));
        return super.delete(key);
      }
      protected override async checkHistory(key: string, options?: HealthHistoryOptions): Promise<HealthRecord[]> {
        return [...(await super.checkHistory(key, options)), ...(this.#past.get(key) ?? [])];
      }
    },
  ),
  plant(
    'history-lost-on-overwrite',
    'Drops the checks of a replaced entry.',
    [HEALTH, 'keeps the history of a replaced entry and drops that of a deleted one'],
    class extends FileTier {
      override put(key: string, entry: CacheEntry): Promise<boolean> {
        this.inner.checkEntry(key, entry);
        return this.run(false, () => {
          this.table.history.delete(key);
          return this.table.put(key, entry);
        });
      }
    },
  ),
];
