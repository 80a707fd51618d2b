import type { ChangeListener } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { FileChanges } from '../tiers/file/file-changes.ts';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

/** A correct tier with other reports of changes. */
function withChanges(Changes: new (path: string) => FileChanges): new (setup: TierSetup) => FileTier {
  return class extends FileTier {
    protected override makeChanges(path: string): FileChanges {
      return new Changes(path);
    }
  };
}

const PATIENCE = { deadlineMs: 400 };

export const changeMutants: readonly Mutant[] = [
  plant(
    'changes-without-null',
    'Does not call a listener until something changes.',
    ['changes', 'calls a listener with null once the store is reached'],
    withChanges(
      class extends FileChanges {
        protected override notify(listener: ChangeListener, key: string | null): void {
          if (key !== null) super.notify(listener, key);
        }
      },
    ),
    PATIENCE,
  ),
  plant(
    'changes-after-removal',
    'Calls a listener that was removed.',
    ['changes', 'does not call a listener that was removed'],
    withChanges(
      class extends FileChanges {
        override subscribe(listener: ChangeListener): () => void {
          super.subscribe(listener);
          return () => {};
        }
      },
    ),
  ),
  plant(
    'changes-stopped-by-a-listener',
    'Lets the error of a listener reach the operation that caused the report.',
    ['changes', 'is unaffected by a listener that throws or rejects'],
    withChanges(
      class extends FileChanges {
        protected override notify(listener: ChangeListener, key: string | null): void {
          if (key === null) super.notify(listener, key);
          else listener(key);
        }
      },
    ),
    PATIENCE,
  ),
  plant(
    'changes-after-the-poll',
    'Reports a change some time after it was made, and does not wait for that in poll.',
    ['changes', 'has reported every change before it when poll returns'],
    withChanges(
      class extends FileChanges {
        override publish(keys: Iterable<string>): void {
          const own = [...keys];
          setTimeout(() => super.publish(own), 20);
        }
      },
    ),
  ),
  {
    ...plantInTable(
      'changes-without-removals',
      'Reports only what is stored, not what is removed.',
      ['changes', 'reports what another instance stores and removes'],
      class extends FileTable {
        protected override forget(key: string): void {
          super.forget(key);
          this.changedKeys.delete(key);
        }
      },
    ),
    subject: PATIENCE,
  },
];
