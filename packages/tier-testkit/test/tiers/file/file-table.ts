import {
  CacheEntry,
  CacheError,
  CacheErrorCode,
  entryToRecord,
  type HealthRecord,
  type ProxyRecord,
  type RemovalReason,
  recordToEntry,
  type TierCapabilities,
} from '@pw/cache-models';
import { type AccessUpdate, type LogRow, nextVersion, stampEntry, versionOf } from '@pw/cache-models/tier';
import type { TierSetup } from '../../../src/index.ts';
import { InnerMapTier } from '../inner-map-tier.ts';
import type { Row } from '../row-tier.ts';
import type { FileLease } from './file-leases.ts';

type StoredRow = Omit<Row, 'entry'> & { readonly record: ProxyRecord; readonly version?: number };

const CLAIMS: Partial<TierCapabilities> = Object.freeze({
  immediate: false,
  health: true,
  reseal: true,
  sideValues: true,
  leases: true,
  changes: true,
  update: true,
  log: true,
  marks: true,
});

/** The content of a {@link FileTier}'s file during an operation. */
export class FileTable extends InnerMapTier {
  /** Rows whose credentials no key opens: they are hidden, and written back unchanged. */
  unreadable = new Map<string, StoredRow>();
  history = new Map<string, HealthRecord[]>();
  sideValues = new Map<string, string>();
  leases = new Map<string, FileLease>();
  /** The position of the newest row in the log, and of the newest that was pruned. */
  newest = 0;
  pruned = 0;
  cursors = new Map<string, number>();
  /** The rows of the current operation, not yet in the log. */
  pendingRows: LogRow[] = [];
  /** New versions are above this one. */
  after = 0;
  /** Whether the current write changes the stored entry. */
  isUpdate = false;
  marks = new Map<string | null, number>();
  /** The keys of the entries that the current operation has stored or removed. */
  readonly changedKeys = new Set<string>();
  /** True when there is something to write. */
  changed = false;

  constructor(setup: TierSetup, claims: Partial<TierCapabilities> = {}) {
    super(setup, { immediate: false, persistent: true, shared: true, ...CLAIMS, ...claims });
  }

  load(text: string): void {
    const file = text === '' ? {} : JSON.parse(text);
    const { steps = 0, rows = [], history = [], sideValues = [], leases = [] } = file;
    const { newest = 0, pruned = 0, cursors = [], marks = [] } = file;
    this.steps = steps;
    this.newest = newest;
    this.pruned = pruned;
    this.cursors = new Map(cursors as [string, number][]);
    this.pendingRows = [];
    this.after = 0;
    this.isUpdate = false;
    this.rows = new Map();
    this.unreadable = new Map();
    this.history = new Map(history as [string, HealthRecord[]][]);
    this.sideValues = new Map(sideValues as [string, string][]);
    this.leases = new Map(leases as [string, FileLease][]);
    this.marks = new Map(marks as [string | null, number][]);
    for (const row of rows as StoredRow[]) {
      const entry = this.decoded(row.record);
      if (entry === undefined) this.unreadable.set(row.record.key, row);
      else this.rows.set(this.keyOf(entry.key), { ...row, entry: this.stamped(entry, row) });
    }
    this.changed = false;
    // The last tier on this file may have had a higher limit.
    for (let surplus = this.rows.size; surplus > 0 && this.isTooFull(); surplus--) this.makeRoom('');
  }

  save(): string {
    const rows = [...this.rows.values()].map(
      ({ entry, ...row }): StoredRow => ({ ...row, record: this.encoded(entry), version: this.versionOf(entry) }),
    );
    return JSON.stringify({
      steps: this.steps,
      rows: [...rows, ...this.unreadable.values()],
      history: [...this.history],
      sideValues: [...this.sideValues],
      leases: [...this.leases],
      newest: this.newest,
      pruned: this.pruned,
      cursors: [...this.cursors],
      marks: [...this.marks],
    });
  }

  protected encoded(entry: CacheEntry): ProxyRecord {
    return entryToRecord(entry, this.setup.cipher);
  }
  /** `undefined` for a record whose credentials no key opens. */
  protected decoded(record: ProxyRecord): CacheEntry | undefined {
    try {
      return recordToEntry(record, this.setup.cipher);
    } catch (error) {
      if (error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE) return undefined;
      throw error;
    }
  }

  protected versionOf(entry: CacheEntry): number {
    return versionOf(entry);
  }
  protected stamped(entry: CacheEntry, { version = 0 }: StoredRow): CacheEntry {
    return stampEntry(entry, version);
  }

  /** Removes a row, whether or not it has expired; true if it was live. */
  drop(key: string): boolean {
    const wasLive = this.live(key) !== undefined;
    this.forget(key);
    if (this.rows.delete(key)) this.logWrite(key);
    return wasLive;
  }

  protected isMarked(key: string): boolean {
    return this.marks.has(key) || this.marks.has(null);
  }
  protected override victim(candidates: [string, Row][]): [string, Row] {
    return super.victim(candidates.filter(([key]) => !this.isMarked(key)));
  }
  protected override makeRoom(newcomer: string): void {
    const canLeave = [...this.rows.keys()].some((key) => key !== newcomer && !this.isMarked(key));
    if (canLeave) super.makeRoom(newcomer);
  }

  addCheck(key: string, check: HealthRecord): void {
    const checks = this.history.get(key) ?? [];
    this.history.set(key, [...checks, check]);
    this.changed = true;
  }

  override clear(): number {
    // Marked entries that have expired too.
    const expired = [...this.rows].filter(([, { entry }]) => this.isExpired(entry));
    for (const [key] of expired) if (this.isMarked(key)) this.rows.delete(key);
    this.unreadable.clear();
    this.history.clear();
    this.changed = true;
    for (const { entry } of this.rows.values()) this.changedKeys.add(entry.key);
    const count = super.clear();
    this.logWrite(null);
    return count;
  }

  protected override lookUp(key: string): CacheEntry | undefined {
    if (this.unreadable.has(key)) this.countUndecryptable();
    return super.lookUp(key);
  }
  protected override use(row: Row): void {
    super.use(row);
    // A tier without a limit does not need the order of use.
    if (this.config.maxEntries !== null) this.changed = true;
  }
  protected override store(key: string, entry: CacheEntry): boolean {
    this.unreadable.delete(key);
    this.changed = true;
    this.changedKeys.add(entry.key);
    // Without a log, an entry keeps the version that it was put with.
    const version = this.capabilities.log ? this.logWrite(entry.key) : versionOf(entry);
    return super.store(key, this.withVersion(entry, version));
  }
  /** A copy, as the entry that was put belongs to the caller. */
  protected withVersion(entry: CacheEntry, version: number): CacheEntry {
    return stampEntry(CacheEntry.restore(entry), version);
  }

  /** Adds a row to the log, and returns its version. */
  logWrite(key: string | null): number {
    this.newest = this.nextVersion();
    this.pendingRows.push({ position: this.newest, key, version: this.newest, isUpdate: this.isUpdate });
    this.changed = true;
    return this.newest;
  }
  protected nextVersion(...above: readonly number[]): number {
    return nextVersion(this.now(), this.newest, this.after, ...above);
  }

  /** The version of a stored entry, live or expired. */
  versionOfKey(key: string): number {
    const row = this.rows.get(this.keyOf(key));
    return row === undefined ? 0 : versionOf(row.entry);
  }

  /** Makes a write that got its version elsewhere. */
  writeAs(key: string | null, entry: CacheEntry | null, version: number): void {
    const pending = [...this.pendingRows];
    if (key === null) this.removeOlder(version);
    else if (entry === null) this.removeRow(key);
    else {
      this.put(key, entry);
      const row = this.rows.get(this.keyOf(key))!;
      row.entry = this.withVersion(row.entry, version);
    }
    this.newest = this.nextVersion(version);
    this.pendingRows = [...pending, { position: this.newest, key, version, isUpdate: false }];
    this.changed = true;
  }
  protected removeOlder(version: number): void {
    for (const { entry } of [...this.rows.values()]) if (versionOf(entry) < version) this.removeRow(entry.key);
  }
  protected removeRow(key: string): void {
    this.rows.delete(this.keyOf(key));
    this.unreadable.delete(key);
    this.forget(key);
  }

  /** Stores an entry that was made of the stored one. */
  replace(key: string, entry: CacheEntry): void {
    this.isUpdate = true;
    this.put(key, entry);
    this.isUpdate = false;
  }

  /** Stores what `change` makes of the live entry of a key, or removes it. */
  change(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null,
    reason?: RemovalReason,
  ): CacheEntry | null | undefined {
    const entry = this.peek(key);
    if (entry === undefined) return undefined;
    const changed = change(entry);
    if (changed === null) this.delete(key, reason);
    else this.replace(key, changed);
    return changed === null ? null : this.peek(key);
  }
  protected override remove(key: string, reason: RemovalReason): boolean {
    const isThere = this.live(key) !== undefined || this.unreadable.has(key);
    this.forget(key);
    this.unreadable.delete(key);
    if (isThere) this.logWrite(key);
    return super.remove(key, reason);
  }
  protected override evicted(key: string, entry: CacheEntry): void {
    this.forget(key);
    this.logWrite(entry.key);
    super.evicted(key, entry);
  }
  protected override dropExpired(key: string): boolean {
    const was = !this.isMarked(key) && super.dropExpired(key);
    if (was) this.forget(key);
    return was;
  }
  protected override noteAccess(update: AccessUpdate): boolean {
    this.changed = true;
    const version = this.versionOfKey(update.key);
    const isNoted = super.noteAccess(update);
    const row = this.rows.get(this.keyOf(update.key));
    if (row !== undefined) row.entry = this.withVersion(row.entry, version);
    return isNoted;
  }
  protected forget(key: string): void {
    this.changedKeys.add(key);
    this.history.delete(key);
    this.changed = true;
  }
}
