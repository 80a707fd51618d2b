import type { CacheEntry } from '@pw/cache-models';
import { nextVersionAlone } from '@pw/cache-models/tier';
import { type ChangeAlone, FileMarks } from '../tiers/file/file-marks.ts';
import { type Mutant, plant, withMarks } from './mutant.ts';

type Options = Parameters<FileMarks['updateAlone']>[2];

const STORES = [
  'marks',
  'stores what a change alone makes of the entry, with a mark and a version above all it knows',
] as const;
const REMOVES = ['marks', 'removes an entry alone if a change makes null of it'] as const;
const LEAVES = ['marks', 'changes nothing alone without a live entry, or if the change makes undefined of it'] as const;
const COUNTS = ['marks', 'loses no change that several instances make alone'] as const;
const WRONG = ['marks', 'changes nothing alone if the change throws or makes something else'] as const;

/** Bugs in the changes that a tier makes alone. */
export const markUpdateMutants: readonly Mutant[] = [
  plant(
    'update-alone-not-stored',
    'Answers a change alone without storing it.',
    STORES,
    withMarks(
      class extends FileMarks {
        override async updateAlone(key: string, change: ChangeAlone, options: Options) {
          let changed: CacheEntry | null | undefined;
          await super.updateAlone(
            key,
            (entry) => {
              changed = change(entry);
              return undefined;
            },
            options,
          );
          return changed;
        }
      },
    ),
  ),
  plant(
    'update-alone-without-mark',
    'Does not mark an entry that it changes alone.',
    STORES,
    withMarks(
      class extends FileMarks {
        override async updateAlone(...given: Parameters<FileMarks['updateAlone']>) {
          const updated = await super.updateAlone(...given);
          if (updated) await this.run(undefined, () => this.unmark(given[0]));
          return updated;
        }
      },
    ),
  ),
  plant(
    'update-alone-by-clock',
    'Gives a change alone a version that depends on the clock only.',
    STORES,
    withMarks(
      class extends FileMarks {
        #isUpdate = false;
        protected override changed(entry: CacheEntry, change: ChangeAlone) {
          this.#isUpdate = true;
          return super.changed(entry, change);
        }
        protected override versionAlone(key: string, after: number): number {
          const isUpdate = this.#isUpdate;
          this.#isUpdate = false;
          return isUpdate ? nextVersionAlone(this.context.now()) : super.versionAlone(key, after);
        }
      },
    ),
  ),
  plant(
    'update-alone-below-after',
    'Does not give a change alone a version above those that its caller knows.',
    STORES,
    withMarks(
      class extends FileMarks {
        override updateAlone(key: string, change: ChangeAlone, options: Options) {
          return super.updateAlone(key, change, { ...options, after: 0 });
        }
      },
    ),
  ),
  plant(
    'update-alone-never-removes',
    'Keeps an entry of which a change alone made null.',
    REMOVES,
    withMarks(
      class extends FileMarks {
        protected override changed(entry: CacheEntry, change: ChangeAlone) {
          const changed = super.changed(entry, change);
          return changed === null ? entry : changed;
        }
      },
    ),
  ),
  plant(
    'update-alone-removes-without-version',
    'Marks a removal as if it were an entry.',
    REMOVES,
    withMarks(
      class extends FileMarks {
        override async updateAlone(...given: Parameters<FileMarks['updateAlone']>) {
          const updated = await super.updateAlone(...given);
          if (updated === null) await this.run(undefined, () => this.unmark(given[0]) && this.mark(given[0], 0));
          return updated;
        }
      },
    ),
  ),
  plant(
    'update-alone-of-the-expired',
    'Changes an entry alone that has expired.',
    LEAVES,
    withMarks(
      class extends FileMarks {
        protected override live(key: string): CacheEntry | undefined {
          return super.live(key) ?? (this.markOf(key) === undefined ? this.table.rows.get(key)?.entry : undefined);
        }
      },
    ),
  ),
  plant(
    'update-alone-of-the-removed',
    'Changes an entry alone that is older than the mark of its removal.',
    LEAVES,
    withMarks(
      class extends FileMarks {
        protected override live(key: string): CacheEntry | undefined {
          const entry = this.table.rows.get(key)?.entry;
          return entry?.isExpiredAt(this.context.now()) ? undefined : entry;
        }
      },
    ),
  ),
  plant(
    'update-alone-in-any-case',
    'Marks an entry alone that a change leaves as it is.',
    LEAVES,
    withMarks(
      class extends FileMarks {
        protected override changed(entry: CacheEntry, change: ChangeAlone) {
          return super.changed(entry, change) ?? entry;
        }
      },
    ),
  ),
  plant(
    'update-alone-in-steps',
    'Reads an entry under its lock, and stores what a change makes of it under the next one.',
    COUNTS,
    withMarks(
      class extends FileMarks {
        override async updateAlone(key: string, change: ChangeAlone, options: Options) {
          let changed: CacheEntry | null | undefined;
          await super.updateAlone(
            key,
            (entry) => {
              changed = this.changed(entry, change);
              return undefined;
            },
            options,
          );
          return changed === undefined ? undefined : super.updateAlone(key, () => changed, options);
        }
      },
    ),
  ),
  plant(
    'update-alone-marks-first',
    'Marks an entry before it calls the change.',
    WRONG,
    withMarks(
      class extends FileMarks {
        protected override changed(entry: CacheEntry, change: ChangeAlone) {
          this.mark(entry.key, 0);
          return super.changed(entry, change);
        }
      },
    ),
  ),
  plant(
    'update-alone-unchecked',
    'Changes nothing, and does not refuse it, if a change alone makes something else.',
    WRONG,
    withMarks(
      class extends FileMarks {
        protected override changed(entry: CacheEntry, change: ChangeAlone) {
          const changed = change(entry);
          return changed === null || changed?.key === entry.key ? changed : undefined;
        }
      },
    ),
  ),
  plant(
    'late-update',
    'Makes a change alone however late it begins.',
    ['marks', 'makes no write alone that could not begin in its time'],
    withMarks(
      class extends FileMarks {
        override updateAlone(key: string, change: ChangeAlone, options: Options) {
          return super.updateAlone(key, change, { ...options, timeoutMs: 60_000 });
        }
      },
    ),
  ),
];
