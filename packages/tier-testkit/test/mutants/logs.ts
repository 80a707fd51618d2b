import type { CacheEntry } from '@pw/cache-models';
import { LOG_KEEPS, type LoggedAnswer, type LoggedWrite, type LogPage, type LogRow } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { FileLog, type FileLogContext } from '../tiers/file/file-log.ts';
import { FileTable } from '../tiers/file/file-table.ts';
import { FileTier } from '../tiers/file/file-tier.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

/** A correct tier with another log. */
function withLog(Log: new (context: FileLogContext) => FileLog): new (setup: TierSetup) => FileTier {
  return class extends FileTier {
    protected override makeLog(context: FileLogContext): FileLog {
      return new Log(context);
    }
  };
}

const LOG = 'log';

export const logMutants: readonly Mutant[] = [
  plantInTable(
    'versions-by-the-clock',
    'Takes versions from the clock alone.',
    [LOG, 'gives each write a version above all before it, whatever the clock says'],
    class extends FileTable {
      protected override nextVersion(): number {
        return this.now() * 1024;
      }
    },
  ),
  plantInTable(
    'versions-by-the-own-clock',
    'Keeps its versions apart from those of other instances.',
    [LOG, 'logs the writes of every instance in one order, whatever their clocks say'],
    class extends FileTable {
      #own = 0;
      protected override nextVersion(...above: readonly number[]): number {
        this.newest = this.#own;
        this.#own = super.nextVersion(...above);
        return this.#own;
      }
    },
  ),
  plantInTable(
    'removals-not-logged',
    'Logs puts, but no removals.',
    [LOG, 'logs every kind of write'],
    class extends FileTable {
      override delete(key: string): boolean {
        const pending = [...this.pendingRows];
        const was = super.delete(key);
        this.pendingRows = pending;
        return was;
      }
    },
  ),
  plantInTable(
    'updates-logged-as-puts',
    'Logs an update as if the entry had been replaced.',
    [LOG, 'tells updates from other writes'],
    class extends FileTable {
      override replace(key: string, entry: CacheEntry): void {
        this.put(key, entry);
      }
    },
  ),
  plantInTable(
    'puts-logged-as-updates',
    'Logs a put of a key that has an entry as if it were an update.',
    [LOG, 'tells updates from other writes'],
    class extends FileTable {
      override logWrite(key: string | null): number {
        this.isUpdate ||= key !== null && this.rows.has(this.keyOf(key));
        const version = super.logWrite(key);
        this.isUpdate = false;
        return version;
      }
    },
  ),
  plantInTable(
    'clear-not-logged',
    'Does not log that everything was removed.',
    [LOG, 'logs every kind of write'],
    class extends FileTable {
      override clear(): number {
        const pending = [...this.pendingRows];
        const count = super.clear();
        this.pendingRows = pending;
        return count;
      }
    },
  ),
  plantInTable(
    'evictions-not-logged',
    'Logs no evictions.',
    [LOG, 'logs what it evicts'],
    class extends FileTable {
      protected override evicted(key: string, entry: CacheEntry): void {
        const pending = [...this.pendingRows];
        super.evicted(key, entry);
        this.pendingRows = pending;
      }
    },
  ),
  plantInTable(
    'expiry-logged',
    'Logs the removal of expired entries.',
    [LOG, 'logs neither accesses nor expired entries that are removed'],
    class extends FileTable {
      protected override dropExpired(key: string): boolean {
        const was = super.dropExpired(key);
        if (was) this.logWrite(key);
        return was;
      }
    },
  ),
  plantInTable(
    'version-lost-with-an-access',
    'Forgets the version of an entry when an access is recorded.',
    [LOG, 'returns an entry with the version of its write'],
    class extends FileTable {
      override recordAccess(updates: Parameters<FileTable['recordAccess']>[0]): number {
        const count = super.recordAccess(updates);
        for (const { key } of updates) {
          const row = this.rows.get(key);
          if (row !== undefined) row.entry = this.withVersion(row.entry, 0);
        }
        return count;
      }
    },
  ),
  plant(
    'log-ignores-after',
    'Gives versions that may be below the given one.',
    [LOG, 'writes entries and removals in one step, with even versions above the given one'],
    withLog(
      class extends FileLog {
        protected override writeOne(write: LoggedWrite): LoggedAnswer {
          return super.writeOne(write, 0);
        }
      },
    ),
  ),
  plant(
    'log-write-says-it-existed',
    'Says of every write that the key had an entry.',
    [LOG, 'writes entries and removals in one step, with even versions above the given one'],
    withLog(
      class extends FileLog {
        protected override writeOne(write: LoggedWrite, after: number): LoggedAnswer {
          return { ...super.writeOne(write, after), existed: true };
        }
      },
    ),
  ),
  plant(
    'log-ignores-reason',
    'Counts every removal as explicit.',
    [LOG, 'counts a removal under its reason'],
    withLog(
      class extends FileLog {
        protected override writeOne({ reason: _reason, ...write }: LoggedWrite, after: number): LoggedAnswer {
          return super.writeOne(write, after);
        }
      },
    ),
  ),
  plant(
    'log-ignores-if-version',
    'Makes a write whatever version the entry has.',
    [LOG, 'writes what depends on a version only if the entry has it'],
    withLog(
      class extends FileLog {
        protected override writeOne({ ifVersion: _version, ...write }: LoggedWrite, after: number): LoggedAnswer {
          return super.writeOne(write, after);
        }
      },
    ),
  ),
  plant(
    'log-head-of-the-page',
    'Says that the log ends with the page.',
    [LOG, 'reads pages after a position, and says where the log ends'],
    withLog(
      class extends FileLog {
        protected override page(after: number, limit: number): LogPage {
          const page = super.page(after, limit);
          return { ...page, head: page.rows.at(-1)?.position ?? page.head };
        }
      },
    ),
  ),
  plant(
    'log-page-from-the-position',
    'Returns the row at the position as well.',
    [LOG, 'reads pages after a position, and says where the log ends'],
    withLog(
      class extends FileLog {
        protected override page(after: number, limit: number): LogPage {
          return { ...super.page(after - 1, limit), isPruned: super.page(after, 1).isPruned };
        }
      },
    ),
  ),
  plant(
    'cursor-moves-back',
    'Moves a cursor back.',
    [LOG, 'moves the cursor of a tier forward only'],
    withLog(
      class extends FileLog {
        override async moveCursor(tierId: string, position: number): Promise<boolean> {
          return this.context.run(false, () => {
            this.table.cursors.set(tierId, position);
            this.table.changed = true;
            return true;
          });
        }
      },
    ),
  ),
  plant(
    'log-pruned-silently',
    'Prunes rows, but does not say so.',
    [LOG, 'prunes rows that every tier has read, and says so'],
    withLog(
      class extends FileLog {
        protected override page(after: number, limit: number): LogPage {
          return { ...super.page(after, limit), isPruned: false };
        }
      },
    ),
  ),
  plant(
    'log-pruned-before-it-was-read',
    'Prunes rows that a tier has not read.',
    [LOG, 'prunes rows that every tier has read, and says so'],
    withLog(
      class extends FileLog {
        protected override prune(): void {
          const old = this.rows().slice(0, -LOG_KEEPS);
          this.table.pruned = old.at(-1)?.position ?? this.table.pruned;
        }
      },
    ),
  ),
  plant(
    'log-pruned-too-far',
    'Keeps only rows that some tier has not read.',
    [LOG, 'prunes rows that every tier has read, and says so'],
    withLog(
      class extends FileLog {
        protected override prune(): void {
          this.table.pruned = Math.min(...this.table.cursors.values());
        }
      },
    ),
  ),
  plant(
    'replay-with-a-new-version',
    'Gives a missed write a new version.',
    [LOG, 'replays a missed write with its version'],
    withLog(
      class extends FileLog {
        protected override replayOne(key: string | null, entry: CacheEntry | null, version: number): number {
          super.replayOne(key, entry, version);
          return super.replayOne(key, entry, 0);
        }
      },
    ),
  ),
  plant(
    'replay-of-the-older',
    'Replays a write over a newer one.',
    [LOG, 'replays no write that is older than its own'],
    withLog(
      class extends FileLog {
        protected override isSuperseded(): boolean {
          return false;
        }
      },
    ),
  ),
  plant(
    'replay-of-what-was-removed',
    'Replays an entry that was removed later.',
    [LOG, 'replays no write that is older than its own'],
    withLog(
      class extends FileLog {
        protected override isSuperseded(key: string | null, version: number): boolean {
          return key !== null && this.table.versionOfKey(key) >= version;
        }
      },
    ),
  ),
  plantInTable(
    'replayed-clear-of-everything',
    'Removes newer entries with the replay of a clear.',
    [LOG, 'replays a clear for what is older only'],
    class extends FileTable {
      protected override removeOlder(): void {
        super.removeOlder(Number.MAX_SAFE_INTEGER);
      }
    },
  ),
  plant(
    'replay-refuses-the-foreign',
    'Ignores an entry that is replayed without a version.',
    [LOG, 'gives a new version to an entry that is replayed without one'],
    withLog(
      class extends FileLog {
        protected override replayOne(key: string | null, entry: CacheEntry | null, version: number): number {
          return version === 0 ? this.table.versionOfKey(key!) : super.replayOne(key, entry, version);
        }
      },
    ),
  ),
  plant(
    'log-unchecked',
    'Makes those writes that are valid.',
    [LOG, 'refuses invalid arguments of the log'],
    withLog(
      class extends FileLog {
        protected override writeAll(writes: readonly LoggedWrite[], after: number): LoggedAnswer[] {
          return super.writeAll(
            writes.filter((write) => this.isRight(write)),
            after,
          );
        }
        protected isRight(write: LoggedWrite): boolean {
          try {
            super.checkWrite(write);
            return true;
          } catch {
            return false;
          }
        }
        protected override checkWrite(): void {}
      },
    ),
  ),
  plantInTable(
    'cursors-in-memory',
    'Forgets its cursors when it is closed.',
    [LOG, 'keeps log, versions and cursors across close'],
    class extends FileTable {
      readonly #own = new Map<string, number>();
      override load(text: string): void {
        super.load(text);
        this.cursors = this.#own;
      }
    },
  ),
  plant(
    'log-of-its-own-writes',
    'Logs in memory, where other instances do not see it.',
    [LOG, 'logs the writes of every instance in one order, whatever their clocks say'],
    withLog(
      class extends FileLog {
        readonly #own: LogRow[] = [];
        override append(rows: readonly LogRow[]): void {
          super.append(rows);
          this.#own.push(...rows);
        }
        protected override stored(): LogRow[] {
          const all = super.stored();
          return this.#own.length === 0 ? all : all.filter(({ key }) => this.#own.some((row) => row.key === key));
        }
      },
    ),
  ),
  plant(
    'update-at-once-in-steps',
    'Reads the entry before it takes the lock for an update at once.',
    [LOG, 'loses no update at once of several instances'],
    withLog(
      class extends FileLog {
        readonly #seen = new Map<string, CacheEntry>();
        override update(...[key, change, options]: Parameters<FileLog['update']>) {
          const seen = this.#seen.get(key) ?? this.context.read(() => this.table.peek(key));
          const answer = super.update(key, (entry) => change(seen ?? entry), options);
          if (answer !== 'locked' && answer != null) this.#seen.set(key, answer);
          return answer;
        }
      },
    ),
  ),
  plant(
    'log-of-one-process',
    'Does not return the rows of another process.',
    [LOG, 'logs the writes of every process in one order, whatever their clocks say'],
    withLog(
      class extends FileLog {
        protected override page(after: number, limit: number): LogPage {
          const page = super.page(after, limit);
          return { ...page, rows: page.rows.filter(({ key }) => key?.startsWith('there') !== true) };
        }
      },
    ),
  ),
];
