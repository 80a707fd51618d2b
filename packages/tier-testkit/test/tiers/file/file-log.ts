import { appendFileSync, readFileSync } from 'node:fs';
import type { CacheEntry } from '@pw/cache-models';
import {
  changedOrRemoved,
  checkArgument,
  checkOptionsObject,
  checkRecordArguments,
  ENTRY_CHANGE,
  Kinds,
  LOG_KEEPS,
  type LoggedAnswer,
  type LoggedUpdateOptions,
  type LoggedWrite,
  type LoggedWriteOptions,
  type LogPage,
  type LogRow,
  maskHealthCheck,
  optional,
  type TierLog,
  wholeNumber,
} from '@pw/cache-models/tier';
import type { FileTable } from './file-table.ts';

export interface FileLogContext {
  readonly table: FileTable;
  /** The file with the rows, one JSON list each. */
  readonly path: string;
  /** Runs work with exclusive access to the file; `fallback` after a fault. */
  readonly run: <T>(fallback: T, work: () => T) => Promise<T>;
  /** Like `run`, without waiting: `'locked'` if another process has the lock. */
  readonly runNow: <T>(work: () => T) => T | 'locked' | undefined;
  /** Runs work on the file as it is, without the lock. */
  readonly read: <T>(work: () => T) => T | undefined;
}

const KEY = Kinds.nonEmptyString;
const VERSION = wholeNumber();
const LIMIT = wholeNumber(1);
const WRITE_OPTIONS = { after: VERSION, timeoutMs: Kinds.milliseconds };
const UPDATE_OPTIONS = { after: VERSION, check: optional(Kinds.object), reason: optional(Kinds.string) };

/** The log of a {@link FileTable}, in a file of its own: its rows are added before the entries that they are about. */
export class FileLog implements TierLog {
  protected readonly context: FileLogContext;
  protected get table(): FileTable {
    return this.context.table;
  }

  constructor(context: FileLogContext) {
    this.context = context;
  }

  /** Adds rows to the file. */
  append(rows: readonly LogRow[]): void {
    const lines = rows.map((row) => `${JSON.stringify([row.position, row.key, row.version, row.isUpdate])}\n`);
    appendFileSync(this.context.path, lines.join(''), { mode: 0o600 });
  }

  async write(writes: readonly LoggedWrite[], options: LoggedWriteOptions) {
    checkArgument('writes', writes, Kinds.list);
    for (const write of writes) this.checkWrite(write);
    checkOptionsObject(options, WRITE_OPTIONS, { what: 'write' });
    const [own, { after }] = [writes.map((write) => ({ ...write })), options];
    return this.context.run<LoggedAnswer[] | undefined>(undefined, () => this.writeAll(own, after));
  }
  protected writeAll(writes: readonly LoggedWrite[], after: number): LoggedAnswer[] {
    return writes.map((write) => this.writeOne(write, after));
  }
  protected writeOne({ key, entry, reason, ifVersion, isUpdate }: LoggedWrite, after: number): LoggedAnswer {
    const existed = this.table.has(key);
    if (ifVersion !== undefined && this.table.versionOfKey(key) !== ifVersion) return { version: 0, existed };
    this.table.after = after;
    if (entry !== null) this.#put(key, entry, isUpdate);
    else if (!this.table.delete(key, reason)) this.table.logWrite(key);
    this.table.after = 0;
    return { version: this.table.newest, existed };
  }

  #put(key: string, entry: CacheEntry, isUpdate = false): void {
    if (isUpdate) this.table.replace(key, entry);
    else this.table.put(key, entry);
  }

  async clear(options: LoggedWriteOptions) {
    checkOptionsObject(options, WRITE_OPTIONS, { what: 'write' });
    const { after } = options;
    return this.context.run<{ version: number; count: number } | undefined>(undefined, () => {
      this.table.after = after;
      const count = this.table.clear();
      this.table.after = 0;
      return { version: this.table.newest, count };
    });
  }

  update(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    options: LoggedUpdateOptions,
  ): CacheEntry | null | undefined | 'locked' {
    checkArgument('key', key, Kinds.string);
    checkArgument('change', change, ENTRY_CHANGE);
    checkOptionsObject(options, UPDATE_OPTIONS, { what: 'update' });
    const { after, check, reason } = options;
    if (check !== undefined) checkRecordArguments(key, check, change);
    return this.context.runNow(() => {
      this.table.after = after;
      const before = this.table.peek(key);
      const changed = this.table.change(key, (entry) => changedOrRemoved(entry, change), reason);
      this.table.after = 0;
      if (check !== undefined && changed != null) this.table.addCheck(key, maskHealthCheck(check, before!));
      return changed;
    });
  }

  replay(key: string | null, entry: CacheEntry | null, version: number): number | undefined | 'locked' {
    checkArgument('version', version, VERSION);
    if (key !== null) this.checkWrite({ key, entry });
    else checkArgument('entry', entry, { wanted: 'must be null', isRight: (value) => value === null });
    return this.context.runNow(() => this.replayOne(key, entry, version));
  }
  protected replayOne(key: string | null, entry: CacheEntry | null, version: number): number {
    const stored = key === null ? 0 : this.table.versionOfKey(key);
    if (version === 0) {
      if (entry !== null) this.table.put(entry.key, entry);
      return entry === null ? stored : this.table.newest;
    }
    if (this.isSuperseded(key, version)) return stored;
    this.table.writeAs(key, entry, version);
    return entry === null ? 0 : version;
  }
  protected isSuperseded(key: string | null, version: number): boolean {
    return this.newestOf(key) >= version;
  }
  protected newestOf(key: string | null): number {
    const about = this.rows().filter((row) => row.key === null || row.key === key);
    return Math.max(key === null ? 0 : this.table.versionOfKey(key), ...about.map((row) => row.version), 0);
  }

  versionOf(key: string): number | undefined {
    checkArgument('key', key, Kinds.string);
    return this.context.read(() => this.table.versionOfKey(key));
  }
  newestVersionOf(key: string): number | undefined {
    checkArgument('key', key, Kinds.string);
    return this.context.read(() => this.newestOf(key));
  }

  read(after: number, limit: number): LogPage | undefined {
    checkArgument('after', after, VERSION);
    checkArgument('limit', limit, LIMIT);
    return this.context.read(() => this.page(after, limit));
  }
  protected page(after: number, limit: number): LogPage {
    const rows = this.rows().filter(({ position }) => position > after);
    return { id: 1, rows: rows.slice(0, limit), head: this.table.newest, isPruned: after < this.table.pruned };
  }

  cursorOf(tierId: string): number | undefined {
    checkArgument('tierId', tierId, KEY);
    return this.context.read(() => this.table.cursors.get(tierId));
  }
  async moveCursor(tierId: string, position: number): Promise<boolean> {
    checkArgument('tierId', tierId, KEY);
    checkArgument('position', position, VERSION);
    return this.context.run(false, () => {
      if (position <= (this.table.cursors.get(tierId) ?? -1)) return false;
      this.table.cursors.set(tierId, position);
      this.table.changed = true;
      this.prune();
      return true;
    });
  }
  /** Rows up to the position that was pruned stay in the file, but are not read any more. */
  protected prune(): void {
    const least = Math.min(...this.table.cursors.values());
    const old = this.rows()
      .slice(0, -LOG_KEEPS)
      .filter(({ position }) => position <= least);
    this.table.pruned = old.at(-1)?.position ?? this.table.pruned;
  }

  /** The rows that were not pruned. */
  protected rows(): LogRow[] {
    const pending = this.table.pendingRows;
    return [...this.stored(), ...pending].filter(({ position }) => position > this.table.pruned);
  }
  protected stored(): LogRow[] {
    const lines = this.text().split('\n').slice(0, -1);
    return lines.map((line) => {
      const [position, key, version, isUpdate] = JSON.parse(line) as [number, string | null, number, boolean];
      return { position, key, version, isUpdate };
    });
  }
  protected text(): string {
    try {
      return readFileSync(this.context.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }

  protected checkWrite(write: LoggedWrite): void {
    checkArgument('write', write, Kinds.object);
    const { key, entry } = write;
    if (entry === null) checkArgument('key', key, Kinds.string);
    else this.table.checkEntry(key, entry);
  }
}
