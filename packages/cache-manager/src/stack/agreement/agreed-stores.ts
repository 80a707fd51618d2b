import type { KeyedMutex } from '../../scheduling/keyed-mutex.ts';
import type { ChangeReport } from '../stack-level.ts';
import type { BaseLog } from './base-log.ts';
import type { MiddleTier } from './middle-tier.ts';
import { UnstoredWrites } from './unstored-writes.ts';

/** The most rows of the log that are read at once. */
const PAGE = 1000;

/**
 * What the parts of {@link AgreedTiers} share: the base, the tiers above it, and how far its log has been read.
 *
 * Each row of the log is read once. A row of another process makes older copies in memory go, and may be missing in a
 * middle tier. A row of this process does the first only while its write is under way, and never the second: whether the
 * middle tiers have it is known here.
 */
export class AgreedStores {
  readonly base: BaseLog;
  readonly middles: readonly MiddleTier[];
  readonly mutex: KeyedMutex;
  readonly unstored = new UnstoredWrites();
  /** True once there may be copies of entries: before that, changes need not be reported. */
  mayHaveCopies = false;
  /** Called for each change that is not ours, or that may not be. */
  onChange: ChangeReport = () => {};
  /** Called when there is something to be done later. */
  onLeftover: () => void = () => {};
  /** Called when the base turns out to be another one than before. */
  onReplaced: () => void = () => {};
  /** The position up to which the log has been read; -1 before the first reading. */
  #fed = -1;
  /** By which the base is known. */
  #baseId: number | undefined;
  /** Versions of writes of this process whose rows have not been read yet. */
  readonly #own = new Set<number>();
  /** Versions of writes that the middle tiers have not taken yet. */
  readonly #underWay = new Set<number>();

  constructor(base: BaseLog, middles: readonly MiddleTier[], mutex: KeyedMutex) {
    this.base = base;
    this.middles = middles;
    this.mutex = mutex;
  }

  /** The position up to which the log has been read; -1 before the first reading. */
  get fed(): number {
    return this.#fed;
  }

  /** Call it before the first reading: rows after this position may be missing in a middle tier. */
  beginAt(position: number): void {
    this.#fed = position;
  }

  /** Call it in the step in which the base has answered a write. */
  noteWritten(version: number): void {
    if (version > this.#fed) this.#own.add(version);
    this.#underWay.add(version);
    this.onLeftover();
  }

  /** Call it once each middle tier has taken a write, or is known to be behind. */
  noteSettled(version: number): void {
    this.#underWay.delete(version);
  }

  /** True if a middle tier may have something of the key that the base misses, as far as is known. */
  isMarked(key: string): boolean {
    for (const middle of this.middles) if (middle.markOf(key) !== undefined) return true;
    return this.unstored.get(key) !== undefined;
  }

  /** True if nothing is known that the base misses. */
  get isBaseComplete(): boolean {
    return this.unstored.size === 0 && this.middles.every(({ hasSpecial }) => !hasSpecial);
  }

  /** The position up to which a middle tier agrees as soon as all that it is behind with is done. */
  agreedBy(middle: MiddleTier): number {
    let position = this.#fed;
    for (const version of this.#underWay) position = Math.min(position, version - 1);
    for (const version of middle.behind.values()) position = Math.min(position, version - 1);
    return position;
  }

  /** Reads what is new in the log. False if the base does not answer. Calls `onRow` with the key of each new row. */
  readLog(onRow: (key: string | null) => void = () => {}): boolean {
    for (;;) {
      const page = this.base.read(Math.max(this.#fed, 0), PAGE);
      if (page === undefined) return false;
      if (this.#baseId !== undefined && (page.id !== this.#baseId || page.head < this.#fed)) {
        this.#logWasReplaced();
        continue;
      }
      this.#baseId = page.id;
      if (page.isPruned) this.#rowsWerePruned(page.rows[0]?.position ?? page.head, page.head);
      for (const row of page.rows) {
        this.#fed = row.position;
        onRow(row.key);
        if (this.#own.size > 0 && this.#own.delete(row.version)) {
          // Others see the write already: memory must not return what it replaces while it is on its way.
          if (this.#underWay.has(row.version)) this.onChange(row.key, row.version, row.isUpdate);
          continue;
        }
        for (const middle of this.middles) if (row.position > middle.cursor) middle.noteBehind(row.key, row.version);
        if (this.mayHaveCopies) this.onChange(row.key, row.version, row.isUpdate);
      }
      if (page.rows.length >= PAGE) continue;
      if (this.#fed < page.head) this.#fed = page.head;
      return true;
    }
  }

  /**
   * Rows before the first have gone unread: any copy may be outdated, and any entry of a middle tier behind that row.
   */
  #rowsWerePruned(first: number, head: number): void {
    for (const middle of this.middles) {
      const cursor = middle.id === undefined ? undefined : this.base.cursorOf(middle.id);
      middle.cursor = Math.max(middle.cursor, cursor ?? -1);
      if (middle.isKnown && middle.cursor < first) middle.noteBehind(null, head);
    }
    this.onChange(null, Number.POSITIVE_INFINITY);
  }

  /** Another database is where the base was: nothing that was known of it holds. */
  #logWasReplaced(): void {
    this.#fed = -1;
    this.#baseId = undefined;
    this.#own.clear();
    for (const middle of this.middles) middle.forgetCursor();
    this.onChange(null, Number.POSITIVE_INFINITY);
    this.onReplaced();
  }
}
