import type { CacheEntry } from '@pw/cache-models';
import { copyEntry, type LogRow, nextVersion, stampEntry, versionOf } from '@pw/cache-models/tier';

/** The store of a base, in memory, for any number of {@link LogTier}s. Each method is one transaction. */
export class LogStore {
  readonly id = Math.floor(Math.random() * 2 ** 50);
  readonly rows = new Map<string, CacheEntry>();
  readonly cursors = new Map<string, number>();
  readonly checks = new Map<string, number>();
  log: LogRow[] = [];
  pruned = 0;
  /** Called before each transaction of {@link LogTier.log.write}. */
  beforeWrite: () => Promise<void> | void = () => {};
  /** How many rows are kept for readers that have not read them. */
  keeps = 10_000;

  get head(): number {
    return this.log.at(-1)?.position ?? this.pruned;
  }

  write(key: string, entry: CacheEntry | null, now: number, after: number, isUpdate = false): number {
    const version = nextVersion(now, this.head, after);
    this.#set(key, entry, version);
    this.log.push({ position: version, key, version, isUpdate: isUpdate && entry !== null });
    return version;
  }

  clear(now: number, after: number): number {
    const version = nextVersion(now, this.head, after);
    this.rows.clear();
    this.log.push({ position: version, key: null, version, isUpdate: false });
    return version;
  }

  replay(key: string | null, entry: CacheEntry | null, version: number, now: number): number {
    if (key === null) {
      for (const [own, row] of this.rows) if (versionOf(row) < version) this.rows.delete(own);
      this.log.push({ position: nextVersion(now, this.head, version), key, version, isUpdate: false });
      return 0;
    }
    if (entry !== null && version === 0) return this.write(key, entry, now, 0);
    if (this.newestVersionOf(key) < version) {
      this.#set(key, entry, version);
      this.log.push({ position: nextVersion(now, this.head, version), key, version, isUpdate: false });
    }
    return this.versionOf(key);
  }

  /** What another program writes: no version, no row. */
  writeForeign(entry: CacheEntry): void {
    this.rows.set(entry.key, entry);
  }

  versionOf(key: string): number {
    const entry = this.rows.get(key);
    return entry === undefined ? 0 : versionOf(entry);
  }

  newestVersionOf(key: string): number {
    let version = this.versionOf(key);
    for (const row of this.log) if (row.key === key || row.key === null) version = Math.max(version, row.version);
    return version;
  }

  moveCursor(tierId: string, position: number): boolean {
    const before = this.cursors.get(tierId);
    if (before !== undefined && before >= position) return false;
    this.cursors.set(tierId, position);
    const least = Math.min(...this.cursors.values());
    while (this.log.length > this.keeps && this.log[0]!.position <= least) this.pruned = this.log.shift()!.position;
    return true;
  }

  #set(key: string, entry: CacheEntry | null, version: number): void {
    if (entry === null) this.rows.delete(key);
    else this.rows.set(key, stampEntry(copyEntry(entry), version));
  }
}
