import { EVERYTHING, nextVersion, type StoredRecord } from './record.ts';

export interface LogRow {
  readonly position: number;
  readonly key: string;
  readonly ver: number;
}

/**
 * The lowest persistent tier: rows, a log of their changes, and a cursor for each tier above. Each method is one
 * transaction.
 */
export class Base {
  readonly name = 'base';
  /** Distinguishes a base from the one that it replaced. */
  readonly id: number;
  readonly rows = new Map<string, StoredRecord>();
  readonly cursors = new Map<string, number>();
  log: LogRow[] = [];
  /** The position of the newest row of the log. */
  head = 0;
  /** Rows up to this position have been pruned. */
  pruned = 0;
  readonly #keeps: number;

  constructor(id: number, keeps: number) {
    this.id = id;
    this.#keeps = keeps;
  }

  write(key: string, record: Omit<StoredRecord, 'ver'> | null, clock: number, after: number): number {
    const ver = nextVersion(clock, this.head, after);
    if (key === EVERYTHING) this.rows.clear();
    else if (record === null) this.rows.delete(key);
    else this.rows.set(key, { ...record, ver });
    this.#note(ver, key, ver);
    return ver;
  }

  /**
   * Makes a write that this base has missed, unless it has a newer one. Returns the version that it has afterwards, 0
   * for none. A record of version 0 gets a new version. `isAbove`: the row's position is above the version too.
   */
  replay(key: string, record: StoredRecord | null, ver: number, clock: number, isAbove: boolean): number {
    if (record?.ver === 0) return this.write(key, record, clock, 0);
    if (key === EVERYTHING) this.#dropOlder(ver);
    else if (this.newestVersionOf(key) >= ver) return this.versionOf(key);
    else if (record === null) this.rows.delete(key);
    else this.rows.set(key, record);
    this.#note(nextVersion(clock, this.head, isAbove ? ver : 0), key, ver);
    return record === null ? 0 : ver;
  }

  versionOf(key: string): number {
    return this.rows.get(key)?.ver ?? 0;
  }

  /** Also the version of a removal that is still in the log. */
  newestVersionOf(key: string): number {
    let newest = this.versionOf(key);
    for (const row of this.log) if (concerns(row, key) && row.ver > newest) newest = row.ver;
    return newest;
  }

  /** A row that another program wrote counts as written when it is first seen. */
  adopt(clock: number, after: number): void {
    for (const [key, row] of this.rows) if (row.ver === 0) this.write(key, row, clock, after);
  }

  /** Whether a write of the key is past the cursor of a tier. */
  isOpen(key: string, tier: string): boolean {
    const cursor = this.cursors.get(tier) ?? 0;
    return this.log.some((row) => row.position > cursor && concerns(row, key));
  }

  moveCursor(tier: string, position: number): void {
    this.cursors.set(tier, Math.max(this.cursors.get(tier) ?? 0, position));
    const least = Math.min(...this.cursors.values());
    this.#prune(this.log.filter((row, i) => row.position > least || i >= this.log.length - this.#keeps));
  }

  /** Drops the cursor of a tier that has not been seen for too long, so that it no longer holds the log. */
  forgetTier(tier: string): void {
    this.cursors.delete(tier);
    this.#prune(this.log.slice(Math.max(0, this.log.length - this.#keeps)));
  }

  #prune(rest: LogRow[]): void {
    const kept = new Set(rest);
    for (const row of this.log) if (!kept.has(row)) this.pruned = Math.max(this.pruned, row.position);
    this.log = rest;
  }

  #note(position: number, key: string, ver: number): void {
    this.log.push({ position, key, ver });
    this.head = position;
  }

  #dropOlder(ver: number): void {
    for (const [key, row] of this.rows) if (row.ver < ver) this.rows.delete(key);
  }
}

function concerns(row: LogRow, key: string): boolean {
  return row.key === key || row.key === EVERYTHING;
}
