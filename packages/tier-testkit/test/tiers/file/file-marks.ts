import type { CacheEntry } from '@pw/cache-models';
import {
  checkArgument,
  isVersion,
  Kinds,
  type LoggedWrite,
  type MarkedRecord,
  type Marks,
  nextVersionAlone,
  type RecordChange,
  stampEntry,
  type TierMarks,
  versionOf,
} from '@pw/cache-models/tier';
import type { FileTable } from './file-table.ts';

export interface FileMarksContext {
  readonly table: FileTable;
  readonly now: () => number;
  /** Runs work with exclusive access to the file; `fallback` after a fault. */
  readonly run: <T>(fallback: T, work: () => T) => Promise<T>;
}

/** What `updateAlone` makes of an entry. */
export type ChangeAlone = (entry: CacheEntry) => CacheEntry | null | undefined;

interface AloneOptions {
  readonly after: number;
  readonly timeoutMs: number;
}

const VERSION = { wanted: 'must be a version', isRight: isVersion };

/** The marks of a {@link FileTable}. Every operation reads the file and replaces it, under the lock. */
export class FileMarks implements TierMarks {
  protected readonly context: FileMarksContext;

  constructor(context: FileMarksContext) {
    this.context = context;
  }

  protected get table(): FileTable {
    return this.context.table;
  }

  read(): Promise<Marks | undefined> {
    return this.context.run<Marks | undefined>(undefined, () => new Map(this.table.marks));
  }

  async isMarked(key: string): Promise<boolean | undefined> {
    checkArgument('key', key, Kinds.string);
    return this.context.run<boolean | undefined>(undefined, () => this.markOf(key) !== undefined);
  }

  async putIf(
    entries: readonly CacheEntry[],
    isWanted: (entry: CacheEntry, mark: number | undefined) => boolean,
  ): Promise<readonly boolean[] | undefined> {
    checkArgument('entries', entries, Kinds.list);
    for (const entry of entries) this.table.checkEntry(entry?.key, entry);
    checkArgument('isWanted', isWanted, Kinds.function);
    return this.decide<readonly boolean[] | undefined>(undefined, () => {
      const areWanted = this.ask(() => entries.map((entry) => isWanted(entry, this.markOf(entry.key))));
      for (const [i, entry] of entries.entries()) {
        if (!areWanted[i]) continue;
        this.put(entry);
        this.unmark(entry.key);
      }
      return areWanted;
    });
  }

  async deleteIf(
    keys: readonly string[],
    isUnwanted: (key: string, mark: number | undefined) => boolean,
  ): Promise<readonly boolean[] | undefined> {
    checkArgument('keys', keys, Kinds.strings);
    checkArgument('isUnwanted', isUnwanted, Kinds.function);
    return this.decide<readonly boolean[] | undefined>(undefined, () => {
      const areUnwanted = this.ask(() => keys.map((key) => isUnwanted(key, this.markOf(key))));
      return keys.map((key, i) => {
        if (!areUnwanted[i]) return false;
        const was = this.drop(key);
        this.unmark(key);
        return was;
      });
    });
  }

  async writeAlone(writes: readonly LoggedWrite[], options: AloneOptions): Promise<readonly number[] | undefined> {
    checkArgument('writes', writes, Kinds.list);
    for (const { key, entry } of writes) {
      checkArgument('key', key, Kinds.string);
      if (entry !== null) this.table.checkEntry(key, entry);
    }
    this.checkAlone(options);
    const end = performance.now() + options.timeoutMs;
    return this.run<readonly number[] | undefined>(undefined, () => {
      this.begin(end);
      return writes.map((write) => this.alone(write, options.after));
    });
  }

  async updateAlone(key: string, change: ChangeAlone, options: AloneOptions): Promise<CacheEntry | null | undefined> {
    checkArgument('key', key, Kinds.string);
    checkArgument('change', change, Kinds.function);
    this.checkAlone(options);
    const end = performance.now() + options.timeoutMs;
    return this.decide<CacheEntry | null | undefined>(undefined, () => {
      this.begin(end);
      const entry = this.live(key);
      const changed = entry && this.ask(() => this.changed(entry, change));
      if (changed === undefined) return undefined;
      const version = this.alone({ key, entry: changed }, options.after);
      return changed && stampEntry(changed, version);
    });
  }
  protected live(key: string): CacheEntry | undefined {
    const entry = this.table.rows.get(key)?.entry;
    const removal = this.markOf(key) ?? 0;
    return entry?.isExpiredAt(this.context.now()) || (entry && versionOf(entry) < removal) ? undefined : entry;
  }
  protected changed(entry: CacheEntry, change: ChangeAlone): CacheEntry | null | undefined {
    const changed = change(entry);
    if (changed !== null && changed !== undefined) this.table.checkEntry(entry.key, changed);
    return changed;
  }

  protected alone({ key, entry }: LoggedWrite, after: number): number {
    const version = this.versionAlone(key, after);
    this.mark(key, entry === null ? version : 0);
    if (entry === null) this.drop(key);
    else this.put(stampEntry(entry, version));
    return version;
  }
  protected versionAlone(key: string, after: number): number {
    const stored = this.table.rows.get(key)?.entry;
    return nextVersionAlone(this.context.now(), after, stored ? versionOf(stored) : 0, this.markOf(key) ?? 0);
  }
  /** A write that may not begin any more is a fault. */
  protected begin(end: number): void {
    if (performance.now() > end) throw new Error('too late');
  }

  async clearAlone(options: AloneOptions): Promise<number | undefined> {
    this.checkAlone(options);
    const end = performance.now() + options.timeoutMs;
    return this.run<number | undefined>(undefined, () => {
      this.begin(end);
      const versions = [...this.table.rows.values()].map(({ entry }) => versionOf(entry));
      const version = nextVersionAlone(this.context.now(), options.after, ...versions, ...this.table.marks.values());
      this.table.marks.clear();
      this.mark(null, version);
      this.table.clear();
      return version;
    });
  }

  async clearOlder(version: number): Promise<boolean> {
    checkArgument('version', version, VERSION);
    return this.run(false, () => {
      for (const [key, { entry }] of this.table.rows) if (versionOf(entry) < version) this.drop(key);
      const isNeeded = (key: string | null) => (key === null ? this.table.rows.size > 0 : this.table.rows.has(key));
      for (const [key, mark] of this.table.marks)
        if (mark <= version && !(isNeeded(key) && (key !== null || mark === 0))) this.unmark(key);
      return true;
    });
  }

  withoutVersion(): Promise<readonly string[] | undefined> {
    return this.context.run<readonly string[] | undefined>(undefined, () =>
      [...this.table.rows.values()].filter(({ entry }) => versionOf(entry) === 0).map(({ entry }) => entry.key),
    );
  }

  markAll(): Promise<boolean> {
    return this.run(false, () => {
      this.mark(null, 0);
      return true;
    });
  }

  async unmarkAll(mark: number): Promise<boolean> {
    checkArgument('mark', mark, VERSION);
    return this.run(false, () => this.table.marks.get(null) === mark && this.unmark(null));
  }

  async change(key: string, decide: (found: MarkedRecord) => RecordChange | undefined): Promise<boolean> {
    checkArgument('key', key, Kinds.string);
    checkArgument('decide', decide, Kinds.function);
    return this.decide(false, () => {
      const found = { entry: this.table.rows.get(key)?.entry, mark: this.markOf(key) };
      const { put, drop, unmark } = this.ask(() => decide(found)) ?? {};
      if (put !== undefined) this.table.checkEntry(key, put);
      if (put !== undefined) this.put(put);
      if (drop === true) this.drop(key);
      if (unmark === true) this.unmark(key);
      return true;
    });
  }

  protected markOf(key: string): number | undefined {
    const marks = [this.table.marks.get(key), this.table.marks.get(null)].filter((mark) => mark !== undefined);
    return marks.length === 0 ? undefined : Math.max(...marks);
  }
  /** A higher mark stays. */
  protected mark(key: string | null, value: number): void {
    this.table.marks.set(key, Math.max(this.table.marks.get(key) ?? 0, value));
    this.table.changed = true;
  }
  protected unmark(key: string | null): boolean {
    this.table.changed = true;
    return this.table.marks.delete(key);
  }
  protected put(entry: CacheEntry): void {
    this.table.writeAs(entry.key, entry, versionOf(entry));
  }
  protected drop(key: string): boolean {
    return this.table.drop(key);
  }

  protected checkAlone(options: AloneOptions): void {
    checkArgument('options', options, Kinds.object);
    checkArgument('after', options.after, VERSION);
    checkArgument('timeoutMs', options.timeoutMs, Kinds.milliseconds);
  }

  protected run<T>(fallback: T, work: () => T): Promise<T> {
    return this.context.run(fallback, work);
  }
  /** Like `run`; an error of a function of the caller is thrown, and is no fault. */
  protected async decide<T>(fallback: T, work: () => T): Promise<T> {
    let fault: CallerFault | undefined;
    const answer = await this.run(fallback, () => {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof CallerFault)) throw error;
        fault = error;
        return fallback;
      }
    });
    if (fault !== undefined) throw fault.cause;
    return answer;
  }
  protected ask<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw new CallerFault('a function of the caller failed', { cause: error });
    }
  }
}

class CallerFault extends Error {}
