import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CacheEntry, HealthHistoryOptions, HealthRecord } from '@pw/cache-models';
import {
  changedEntry,
  changedOrRemoved,
  checkArgument,
  checkRecordArguments,
  ENTRY_CHANGE,
  type HealthCheck,
  maskHealthCheck,
  parseHealthHistoryOptions,
  type ResealCounts,
  type SideValues,
  sealState,
  type TierHealthChecks,
} from '@pw/cache-models/tier';
import type { TierSetup } from '../../../src/index.ts';
import { AsyncTier } from '../async-tier.ts';
import { FileChanges } from './file-changes.ts';
import { FileLeases, type FileLeasesContext } from './file-leases.ts';
import { FileLog, type FileLogContext } from './file-log.ts';
import { FileMarks, type FileMarksContext } from './file-marks.ts';
import { FileSideValues } from './file-side-values.ts';
import { FileTable } from './file-table.ts';
import { FolderLock } from './folder-lock.ts';

/** The number of attempts to take the lock, one millisecond apart. */
const PATIENCE = 10_000;

/**
 * The simplest correct tier in one file, which is read at each operation and rewritten at each change, under a lock.
 */
export class FileTier extends AsyncTier {
  protected readonly setup: TierSetup;
  protected readonly table: FileTable;
  protected readonly rightSideValues: SideValues = new FileSideValues(
    () => this.table,
    (work) => this.transact(work),
  );
  readonly sideValues: SideValues = this.rightSideValues;
  readonly changes: FileChanges;
  readonly leases: FileLeases;
  readonly log: FileLog;
  readonly marks: FileMarks;
  #lock: FolderLock | undefined;
  /** The content from which the table was loaded. */
  #loadedContent: string | undefined;

  constructor(setup: TierSetup, table = new FileTable(setup)) {
    super(table);
    this.setup = setup;
    this.table = table;
    this.changes = this.makeChanges(this.path);
    const context: FileLeasesContext = {
      table,
      now: () => setup.clock.now(),
      run: (fallback, work) => this.run(fallback, work),
    };
    this.leases = this.makeLeases(context);
    this.marks = this.makeMarks(context);
    this.log = this.makeLog({
      table,
      path: join(setup.directory, 'entries.log'),
      run: (fallback, work) => this.run(fallback, work),
      runNow: (work) => this.runNow(work),
      read: (work) => this.readNow(work),
    });
  }
  protected makeLog(context: FileLogContext): FileLog {
    return new FileLog(context);
  }
  protected makeChanges(path: string): FileChanges {
    return new FileChanges(path);
  }
  protected makeMarks(context: FileMarksContext): FileMarks {
    return new FileMarks(context);
  }
  protected makeLeases(context: FileLeasesContext): FileLeases {
    return new FileLeases(context);
  }

  readonly health: TierHealthChecks = {
    record: async (key, check, change) => {
      checkRecordArguments(key, check, change);
      return this.recordCheck(key, check, change);
    },
    history: async (key, options) => {
      this.table.checkKey(key);
      return this.checkHistory(key, options);
    },
  };
  protected recordCheck(
    key: string,
    check: HealthCheck,
    change: (entry: CacheEntry) => CacheEntry,
  ): Promise<CacheEntry | undefined> {
    return this.run<CacheEntry | undefined>(undefined, () => {
      const entry = this.table.peek(key);
      if (entry === undefined) return undefined;
      const updated = this.table.change(key, (found) => changedEntry(found, change))!;
      this.table.addCheck(key, maskHealthCheck(check, entry));
      return updated;
    });
  }

  async update(key: string, change: (entry: CacheEntry) => CacheEntry | null): Promise<CacheEntry | null | undefined> {
    this.table.checkKey(key);
    checkArgument('change', change, ENTRY_CHANGE);
    return this.updateEntry(key, (entry) => changedOrRemoved(entry, change));
  }
  protected updateEntry(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
  ): Promise<CacheEntry | null | undefined> {
    return this.run<CacheEntry | null | undefined>(undefined, () => this.table.change(key, change));
  }

  async *reseal(): AsyncGenerator<ResealCounts> {
    yield await this.transact(() => this.resealAll());
  }
  /** Writing seals with the current key, so it is enough to mark the table as changed. */
  protected resealAll(): ResealCounts {
    const states = [...this.table.rows.values()].map(({ entry }) => sealState(entry, this.setup.cipher!));
    const count = (state: string) => states.filter((other) => other === state).length;
    this.table.changed = true;
    return {
      reencrypted: count('stale'),
      alreadyCurrent: count('current'),
      unreadable: this.table.unreadable.size,
    };
  }

  protected async checkHistory(key: string, options: HealthHistoryOptions = {}): Promise<HealthRecord[]> {
    const { since, limit } = parseHealthHistoryOptions(options);
    return this.run<HealthRecord[]>([], () =>
      this.newestFirst(this.table.history.get(key) ?? [])
        .filter(({ checkTime }) => checkTime >= since)
        .slice(0, limit),
    );
  }
  /** Of two checks with the same time, the one recorded later comes first. */
  protected newestFirst(checks: readonly HealthRecord[]): HealthRecord[] {
    return [...checks].reverse().sort((a, b) => b.checkTime - a.checkTime);
  }

  protected get path(): string {
    return join(this.setup.directory, 'entries.json');
  }

  protected override async doOpen(): Promise<void> {
    this.#lock = new FolderLock(this.setup.directory);
    this.changes.open();
  }
  protected override async doClose(): Promise<void> {
    this.#lock?.remove();
    this.changes.close();
  }

  protected override async transact<T>(work: () => T): Promise<T> {
    for (let tries = 0; !this.takeLock(); tries++) {
      if (tries > PATIENCE) throw new Error('the lock was not released in time');
      await setTimeout(1);
    }
    return this.locked(work);
  }
  /** Runs an operation under the lock that was taken, and releases it. */
  protected locked<T>(work: () => T): T {
    try {
      this.load();
      this.table.changedKeys.clear();
      const answer = work();
      if (this.table.changed) this.save();
      this.changes.publish(this.table.changedKeys);
      return answer;
    } catch (error) {
      this.#loadedContent = undefined;
      throw error;
    } finally {
      this.releaseLock();
    }
  }
  /** Runs an operation of an open tier at once. */
  protected runNow<T>(work: () => T): T | 'locked' | undefined {
    return this.atOnce(() => (this.takeLock() ? this.locked(work) : 'locked'));
  }
  /** Runs a read of an open tier at once: each version of the file is complete, so that needs no lock. */
  protected readNow<T>(work: () => T): T | undefined {
    return this.atOnce(() => {
      this.load();
      return work();
    });
  }
  protected atOnce<T>(work: () => T): T | undefined {
    if (!this.enabled || this.status !== 'open') return undefined;
    try {
      const answer = work();
      this.inner.succeeded();
      return answer;
    } catch (error) {
      return this.inner.recover(error, undefined);
    }
  }
  protected takeLock(): boolean {
    return this.#lock!.take();
  }
  protected releaseLock(): void {
    this.#lock!.release();
  }
  protected load(): void {
    const text = this.read();
    if (text !== this.#loadedContent) this.table.load(text);
    this.#loadedContent = text;
  }
  protected read(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }
  protected save(): void {
    this.log.append(this.table.pendingRows);
    this.write(this.table.save());
    // The next operation reads the file again: the file decides what is stored.
    this.#loadedContent = undefined;
    this.table.changed = false;
  }
  /**
   * The lock ensures a single writer, so a fixed temporary name is enough; a leftover of a killed process is
   * overwritten.
   */
  protected write(text: string): void {
    writeFileSync(`${this.path}.new`, text, { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }
}
