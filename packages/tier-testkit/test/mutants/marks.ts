import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry } from '@pw/cache-models';
import {
  type LoggedWrite,
  type MarkedRecord,
  nextVersion,
  nextVersionAlone,
  type RecordChange,
  stampEntry,
  versionOf,
} from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { FileMarks, type FileMarksContext } from '../tiers/file/file-marks.ts';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant, plantInTable, withMarks } from './mutant.ts';

const VERSIONS = ['marks', 'returns the version of an entry with every read'] as const;
const WANTED = ['marks', 'stores only what is still wanted, and removes its mark'] as const;
const UNWANTED = ['marks', 'removes only what is still unwanted, and its mark'] as const;
const STAYS = ['marks', 'neither evicts nor expires what is marked'] as const;
const ALL_STAYS = ['marks', 'keeps everything while everything is marked'] as const;
const LEFT = ['marks', 'leaves marks as they are in put, delete and clear, and when it is reopened'] as const;
const ALONE = ['marks', 'gives what it writes alone an odd version above all it knows'] as const;
const CLEARED = ['marks', 'removes everything alone, with a mark above all entries'] as const;
const OLDER = ['marks', 'removes what is older than a version, and the marks up to it'] as const;

type IsWanted = (entry: CacheEntry, mark: number | undefined) => boolean;
type Decide = (found: MarkedRecord) => RecordChange | undefined;

const questionMutants: readonly Mutant[] = [
  plant(
    'put-if-always',
    'Stores an entry whatever the function says.',
    WANTED,
    withMarks(
      class extends FileMarks {
        override putIf(entries: readonly CacheEntry[], isWanted: IsWanted) {
          return super.putIf(entries, (entry, mark) => isWanted(entry, mark) || true);
        }
      },
    ),
  ),
  plant(
    'put-if-keeps-mark',
    'Keeps the mark of an entry that the base has.',
    WANTED,
    withMarks(
      class extends FileMarks {
        protected override unmark(key: string | null): boolean {
          return key === null && super.unmark(key);
        }
      },
    ),
  ),
  plant(
    'put-if-hides-mark',
    'Does not show the mark of a key to the function.',
    WANTED,
    withMarks(
      class extends FileMarks {
        override putIf(entries: readonly CacheEntry[], isWanted: IsWanted) {
          return super.putIf(entries, (entry) => isWanted(entry, undefined));
        }
      },
    ),
  ),
  plant(
    'delete-if-always',
    'Removes a key whatever the function says.',
    UNWANTED,
    withMarks(
      class extends FileMarks {
        override deleteIf(keys: readonly string[], isUnwanted: (key: string, mark: number | undefined) => boolean) {
          return super.deleteIf(keys, (key, mark) => isUnwanted(key, mark) || true);
        }
      },
    ),
  ),
  plant(
    'asks-before-its-lock',
    'Asks whether an entry is wanted before it takes the lock.',
    ['marks', 'asks under its lock whether an entry is wanted'],
    withMarks(
      class extends FileMarks {
        override async putIf(entries: readonly CacheEntry[], isWanted: IsWanted) {
          const marks = await this.read();
          const wanted = new Set(entries.filter((entry) => isWanted(entry, marks?.get(entry.key))));
          await sleep(Math.random() * 5);
          return super.putIf(entries, (entry) => wanted.has(entry));
        }
      },
    ),
  ),
  plant(
    'change-in-two-steps',
    'Reads a record under its lock, and stores the change under the next one.',
    ['marks', 'reads and changes a record in one step'],
    withMarks(
      class extends FileMarks {
        override async change(key: string, decide: Decide) {
          let change: RecordChange | undefined;
          await super.change(key, (found) => {
            change = decide(found);
            return undefined;
          });
          return super.change(key, () => change);
        }
      },
    ),
  ),
  plant(
    'change-hides-mark',
    'Does not show the mark of a record to a change.',
    ['marks', 'shows a record and its mark to a change, and makes what it decides'],
    withMarks(
      class extends FileMarks {
        override change(key: string, decide: Decide) {
          return super.change(key, ({ entry }) => decide({ entry, mark: undefined }));
        }
      },
    ),
  ),
  plant(
    'change-never-drops',
    'Ignores that a change removes the record.',
    ['marks', 'shows a record and its mark to a change, and makes what it decides'],
    withMarks(
      class extends FileMarks {
        override change(key: string, decide: Decide) {
          return super.change(key, (found) => ({ ...decide(found), drop: false }));
        }
      },
    ),
  ),
  plant(
    'function-error-is-a-fault',
    'Counts an error of the function as a fault of the store.',
    ['marks', 'ends an operation with the error of its function, and changes nothing'],
    withMarks(
      class extends FileMarks {
        protected override ask<T>(question: () => T): T {
          return question();
        }
      },
    ),
  ),
  plant(
    'function-error-after-a-change',
    'Removes the mark of a key before it asks the function.',
    ['marks', 'ends an operation with the error of its function, and changes nothing'],
    withMarks(
      class extends FileMarks {
        override change(key: string, decide: Decide) {
          return this.decide(false, () => {
            this.unmark(key);
            const { put } = this.ask(() => decide({ entry: undefined, mark: undefined })) ?? {};
            if (put !== undefined) this.put(put);
            return true;
          });
        }
      },
    ),
  ),
];

const stayMutants: readonly Mutant[] = [
  plant(
    'is-marked-by-key',
    'Says that a key is not marked while everything is.',
    ['marks', 'says whether a key is marked by now'],
    withMarks(
      class extends FileMarks {
        override async isMarked(key: string) {
          return (await this.read())?.has(key);
        }
      },
    ),
  ),
  plantInTable(
    'version-not-stored',
    'Stores an entry without its version.',
    VERSIONS,
    class extends FileTable {
      protected override versionOf(): number {
        return 0;
      }
    },
  ),
  plantInTable(
    'version-lost-by-access',
    'Loses the version of an entry when its access is recorded.',
    VERSIONS,
    class extends FileTable {
      override recordAccess(...given: Parameters<FileTable['recordAccess']>): number {
        const count = super.recordAccess(...given);
        for (const row of this.rows.values()) row.entry = stampEntry(row.entry, 0);
        return count;
      }
    },
  ),
  plant(
    'all-have-versions',
    'Does not find the entries that other programs wrote.',
    VERSIONS,
    class extends FileTier {
      constructor(setup: TierSetup) {
        // A log would give every write a version.
        super(setup, new FileTable(setup, { log: false }));
      }
      protected override makeMarks(context: FileMarksContext): FileMarks {
        return new (class extends FileMarks {
          override async withoutVersion() {
            return [];
          }
        })(context);
      }
    },
  ),
  plantInTable(
    'marked-evicted',
    'Evicts marked entries.',
    STAYS,
    class extends FileTable {
      protected override victim(candidates: Parameters<FileTable['victim']>[0]) {
        return candidates.reduce((first, other) => (this.goesBefore(other[1], first[1]) ? other : first));
      }
    },
  ),
  plantInTable(
    'marked-expired',
    'Removes marked entries when they expire.',
    STAYS,
    class extends FileTable {
      protected override dropExpired(key: string): boolean {
        const mark = this.marks.get(key);
        this.marks.delete(key);
        const was = super.dropExpired(key);
        if (mark !== undefined) this.marks.set(key, mark);
        return was;
      }
    },
  ),
  plant(
    'change-hides-expired',
    'Does not show an expired entry to a change.',
    STAYS,
    withMarks(
      class extends FileMarks {
        override change(key: string, decide: Decide) {
          const live = (entry: CacheEntry | undefined) => (entry?.isExpiredAt(this.context.now()) ? undefined : entry);
          return super.change(key, ({ entry, mark }) => decide({ entry: live(entry), mark }));
        }
      },
    ),
  ),
  plantInTable(
    'only-keys-marked',
    'Removes expired entries while everything is marked.',
    ALL_STAYS,
    class extends FileTable {
      protected override isMarked(key: string): boolean {
        return this.marks.has(key);
      }
    },
  ),
  plant(
    'unmarks-another-mark',
    'Removes the mark of everything, also if it is another one by now.',
    ALL_STAYS,
    withMarks(
      class extends FileMarks {
        override unmarkAll() {
          return this.run(false, () => this.unmark(null));
        }
      },
    ),
  ),
  plantInTable(
    'put-unmarks',
    'Removes the mark of a key that is put.',
    LEFT,
    class extends FileTable {
      override put(key: string, entry: CacheEntry): boolean {
        this.marks.delete(key);
        return super.put(key, entry);
      }
    },
  ),
  plantInTable(
    'clear-unmarks',
    'Removes all marks in clear.',
    LEFT,
    class extends FileTable {
      override clear(): number {
        this.marks.clear();
        return super.clear();
      }
    },
  ),
  plantInTable(
    'marks-in-memory',
    'Keeps marks in memory, where other instances do not see them.',
    LEFT,
    class extends FileTable {
      readonly #own = new Map<string | null, number>();
      override load(text: string): void {
        super.load(text);
        this.marks = this.#own;
      }
    },
  ),
];

const writeMutants: readonly Mutant[] = [
  plant(
    'alone-even',
    'Gives a write alone an even version, which a base may give too.',
    ALONE,
    withMarks(
      class extends FileMarks {
        protected override versionAlone(key: string, after: number): number {
          return nextVersion(0, super.versionAlone(key, after));
        }
      },
    ),
  ),
  plant(
    'alone-below-after',
    'Gives a write alone a version that depends on the clock only.',
    ALONE,
    withMarks(
      class extends FileMarks {
        protected override versionAlone(key: string): number {
          return super.versionAlone(key, 0);
        }
      },
    ),
  ),
  plant(
    'alone-below-entry',
    'Gives a write alone a version below that of the entry.',
    ALONE,
    withMarks(
      class extends FileMarks {
        protected override versionAlone(key: string, after: number): number {
          return nextVersionAlone(this.context.now(), after, this.markOf(key) ?? 0);
        }
      },
    ),
  ),
  plant(
    'alone-below-mark',
    'Gives a write alone a version below that of a removal.',
    ALONE,
    withMarks(
      class extends FileMarks {
        protected override versionAlone(key: string, after: number): number {
          const entry = this.table.rows.get(key)?.entry;
          return nextVersionAlone(this.context.now(), after, entry ? versionOf(entry) : 0);
        }
      },
    ),
  ),
  plant(
    'clear-alone-by-clock',
    'Gives a clear alone a version below those of the entries.',
    CLEARED,
    withMarks(
      class extends FileMarks {
        override clearAlone({ after }: { readonly after: number }) {
          return this.run<number | undefined>(undefined, () => {
            const version = nextVersionAlone(this.context.now(), after);
            this.mark(null, version);
            this.table.clear();
            return version;
          });
        }
      },
    ),
  ),
  plant(
    'everything-marks-nothing',
    'Does not count the mark of everything as a mark of each key.',
    CLEARED,
    withMarks(
      class extends FileMarks {
        protected override markOf(key: string): number | undefined {
          return this.table.marks.get(key);
        }
      },
    ),
  ),
  plant(
    'clear-older-clears',
    'Removes newer entries too.',
    OLDER,
    withMarks(
      class extends FileMarks {
        override clearOlder() {
          return super.clearOlder(Number.MAX_SAFE_INTEGER);
        }
      },
    ),
  ),
  plant(
    'clear-older-unmarks-newer',
    'Removes the mark of an entry that stays.',
    OLDER,
    withMarks(
      class extends FileMarks {
        override async clearOlder(version: number) {
          await super.clearOlder(version);
          return this.run(true, () => {
            for (const [key, mark] of this.table.marks) if (mark <= version) this.unmark(key);
            return true;
          });
        }
      },
    ),
  ),
  plant(
    'marks-of-anything',
    'Takes any number as a version.',
    ['marks', 'refuses invalid arguments for marks'],
    withMarks(
      class extends FileMarks {
        protected override checkAlone(): void {}
      },
    ),
  ),
  plant(
    'record-before-mark',
    'Stores what it writes alone before the mark.',
    ['marks', 'has a mark for everything that it wrote alone when its process is killed'],
    withMarks(
      class extends FileMarks {
        override async writeAlone(writes: readonly LoggedWrite[], options: Parameters<FileMarks['writeAlone']>[1]) {
          for (const { entry } of writes) {
            if (entry === null) continue;
            await this.run(undefined, () => this.put(stampEntry(entry, options.after + 1)));
            await sleep(100);
          }
          return super.writeAlone(writes, options);
        }
      },
    ),
  ),
  plant(
    'late-write',
    'Makes a write alone however late it begins.',
    ['marks', 'makes no write alone that could not begin in its time'],
    withMarks(
      class extends FileMarks {
        protected override begin(): void {}
      },
    ),
  ),
  plant(
    'change-without-lock',
    'Takes no lock that other processes respect.',
    ['marks', 'loses no change that several processes make at the same time'],
    class extends FileTier {
      protected override takeLock(): boolean {
        return true;
      }
      protected override releaseLock(): void {}
    },
  ),
];

export const markMutants: readonly Mutant[] = [...questionMutants, ...stayMutants, ...writeMutants];
