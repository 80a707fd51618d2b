import { randomUUID } from 'node:crypto';
import { CacheEntry, type MaybePromise } from '@pw/cache-models';
import {
  chain,
  isPromise,
  isVersion,
  type LoggedWrite,
  type MarkedRecord,
  type Marks,
  type RecordChange,
  stampEntry,
  versionOf,
} from '@pw/cache-models/tier';
import type { ManagedTier } from '../../tier/managed-tier.ts';
import { SHARE_TO_BEGIN } from './base-log.ts';

const NO_MARKS: Marks = new Map();
/** The side value of a tier by which its base knows it. */
const ID = 'agreement-id';
/** The side value with the position up to which a tier agrees; noted before the base's cursor moves there. */
const NOTED = 'agreed-position';
/** How often a position is noted again because another process noted one meanwhile. */
const NOTE_ATTEMPTS = 3;

/** What a change alone has made of an entry: the entry as it is stored, `null` for a removal, and its version. */
export interface UpdatedAlone {
  readonly entry: CacheEntry | null;
  readonly version: number;
}

/**
 * A persistent tier above the base. What it has of a key is believed if no mark of the key is known and no newer write
 * of the key is known that the tier may lack.
 */
export class MiddleTier {
  readonly tier: ManagedTier;
  readonly #beginsWithinMs: number;
  /** By which the base knows the tier; `undefined` until it could be read. */
  id: string | undefined;
  /** The position of the base's log up to which the tier agrees, as last known; -1 while that is unknown. */
  cursor = -1;
  /** How many faults the base had when the marks were last read; -1 if they never were. */
  marksReadAt = -1;
  /** The marks as last read, and those that this process has made since. */
  #marks: Marks = NO_MARKS;
  /** Keys that another program may have written, without a version. Nothing in the tier marks them. */
  readonly #foreign = new Set<string>();
  /** The newest version of each key that the tier may lack. The key `null` stands for all keys. */
  readonly #behind = new Map<string | null, number>();

  /** The position that the tier has noted, as last read or written. */
  #noted: string | undefined;

  constructor(tier: ManagedTier) {
    this.tier = tier;
    this.#beginsWithinMs = tier.timeoutMs * SHARE_TO_BEGIN;
  }

  /** True if the base knows the tier: only then is it known what the tier may lack. */
  get isKnown(): boolean {
    return this.cursor >= 0;
  }

  /** The base may be another one than before. */
  forgetCursor(): void {
    this.cursor = -1;
    this.#behind.clear();
  }

  get isUsable(): boolean {
    return this.tier.isUsable;
  }

  get marks(): Marks {
    return this.#marks;
  }

  get behind(): ReadonlyMap<string | null, number> {
    return this.#behind;
  }

  /** Keys of which the base may miss something; contains `null` if that may be any key. */
  get special(): readonly (string | null)[] {
    return this.hasSpecial ? [...new Set([...this.#marks.keys(), ...this.#foreign])] : [];
  }

  /** True if the base may miss something that the tier has. */
  get hasSpecial(): boolean {
    return this.#marks.size > 0 || this.#foreign.size > 0;
  }

  /** The mark of a key, as last known; 0 for a key that another program may have written. */
  markOf(key: string): number | undefined {
    if (!this.hasSpecial) return undefined;
    const own = this.#marks.get(key) ?? (this.#foreign.has(key) ? 0 : undefined);
    const all = this.#marks.get(null);
    return own === undefined || all === undefined ? (own ?? all) : Math.max(own, all);
  }

  /** Another program may have written the key. */
  noteForeign(key: string): void {
    this.#foreign.add(key);
  }

  /** Finds what other programs have written. */
  async findForeign(): Promise<void> {
    const keys = await this.tier.call<readonly string[] | undefined>((tier) => tier.marks!.withoutVersion(), undefined);
    for (const key of keys ?? []) this.#foreign.add(key);
  }

  /** The least version that an entry of the key must have to be believed. */
  behindOf(key: string): number {
    if (this.#behind.size === 0) return 0;
    return Math.max(this.#behind.get(key) ?? 0, this.#behind.get(null) ?? 0);
  }

  /** True if the tier's entry of the key is known to be the newest one, or as new as the newest write known. */
  isCurrent(entry: CacheEntry): boolean {
    const version = versionOf(entry);
    return version > 0 && version >= this.behindOf(entry.key);
  }

  /** The tier may lack a write. */
  noteBehind(key: string | null, version: number): void {
    if ((this.#behind.get(key) ?? 0) < version) this.#behind.set(key, version);
  }

  /** The tier has a write of this version, or has nothing older. */
  noteAgreed(key: string | null, version: number): void {
    const behind = this.#behind.get(key);
    if (behind !== undefined && behind <= version) this.#behind.delete(key);
  }

  noteMark(key: string | null, version: number): void {
    const marks = new Map(this.#marks);
    marks.set(key, version);
    this.#marks = marks;
  }

  noteUnmarked(key: string | null): void {
    if (key !== null && this.#foreign.size > 0) this.#foreign.delete(key);
    if (!this.#marks.has(key)) return;
    const marks = new Map(this.#marks);
    marks.delete(key);
    this.#marks = marks;
  }

  /** Reads the marks; returns those that were not known, or `undefined` if the tier does not answer. */
  readMarks(): MaybePromise<readonly (string | null)[] | undefined> {
    return chain(
      this.tier.call<Marks | undefined>((tier) => tier.marks!.read(), undefined),
      (marks) => {
        if (!(marks instanceof Map)) return undefined;
        const known = this.#marks;
        this.#marks = marks.size === 0 ? NO_MARKS : marks;
        return marks.size === 0 ? [] : [...marks].filter(([key, mark]) => known.get(key) !== mark).map(([key]) => key);
      },
    );
  }

  /** True if the key is marked now: asked before each write. `undefined` if the tier does not answer. */
  isMarkedNow(key: string): MaybePromise<boolean | undefined> {
    if (this.hasSpecial && this.markOf(key) !== undefined) return true;
    return chain(
      this.tier.call<boolean | undefined>((tier) => tier.marks!.isMarked(key), undefined),
      (isMarked) => {
        if (isMarked === true) this.noteForeign(key);
        return isMarked;
      },
    );
  }

  /** Stores entries that are still wanted under the tier's lock. Those that are not stored may be behind. */
  putIf(
    entries: readonly CacheEntry[],
    isWanted: (entry: CacheEntry, mark: number | undefined) => boolean,
  ): MaybePromise<readonly boolean[]> {
    const given = entries.map((entry) => this.capped(entry));
    const nothing = entries.map(() => false);
    // A refusal concerns one entry only: the others are put one by one.
    const onRefused = (): MaybePromise<readonly boolean[]> =>
      entries.length === 1
        ? nothing
        : Promise.all(entries.map(async (entry) => (await this.putIf([entry], isWanted))[0] === true));
    const stored = this.tier.call<readonly boolean[] | undefined>(
      (tier) => tier.marks!.putIf(given, isWanted),
      undefined,
      onRefused,
    );
    return chain(stored, (answers) => {
      if (!Array.isArray(answers)) return nothing;
      for (const [i, entry] of entries.entries()) {
        if (answers[i] !== true) continue;
        this.noteAgreed(entry.key, versionOf(entry));
        if (this.hasSpecial) this.noteUnmarked(entry.key);
      }
      return answers as readonly boolean[];
    });
  }

  /** Removes keys that are still unwanted under the tier's lock; `undefined` if the tier does not answer. */
  deleteIf(
    keys: readonly string[],
    isUnwanted: (key: string, mark: number | undefined) => boolean,
  ): MaybePromise<readonly boolean[] | undefined> {
    return this.tier.call<readonly boolean[] | undefined>((tier) => tier.marks!.deleteIf(keys, isUnwanted), undefined);
  }

  /** Takes writes that the base cannot take. Returns their versions. */
  writeAlone(writes: readonly LoggedWrite[], after: number): MaybePromise<readonly number[] | undefined> {
    const options = { after, timeoutMs: this.#beginsWithinMs };
    return chain(
      this.tier.call<readonly number[] | undefined>((tier) => tier.marks!.writeAlone(writes, options), undefined),
      (versions) => {
        if (!Array.isArray(versions) || !versions.every(isVersion)) return undefined;
        for (const [i, { key, entry }] of writes.entries())
          this.noteMark(key, entry === null ? versions[i]! : (this.#marks.get(key) ?? 0));
        return versions as readonly number[];
      },
    );
  }

  /**
   * Changes the live entry of a key alone, under the tier's lock. `undefined` if nothing was changed. `change` is never
   * called once this has returned.
   */
  async updateAlone(
    key: string,
    change: (entry: CacheEntry) => CacheEntry | null | undefined,
    after: number,
  ): Promise<UpdatedAlone | undefined> {
    const options = { after, timeoutMs: this.#beginsWithinMs };
    let isOver = false;
    const updated = await this.tier.call<CacheEntry | null | undefined>(
      (tier) => tier.marks!.updateAlone(key, (entry) => (isOver ? undefined : change(entry)), options),
      undefined,
    );
    isOver = true;
    if (updated !== null && !CacheEntry.isCacheEntry(updated)) return undefined;
    this.noteMark(key, this.#marks.get(key) ?? 0);
    if (updated !== null) return { entry: updated, version: versionOf(updated) };
    // The mark says which version the removal has.
    await this.readMarks();
    return { entry: null, version: this.markOf(key) ?? 0 };
  }

  clearAlone(after: number): MaybePromise<number | undefined> {
    const options = { after, timeoutMs: this.#beginsWithinMs };
    return chain(
      this.tier.call<number | undefined>((tier) => tier.marks!.clearAlone(options), undefined),
      (version) => {
        if (!isVersion(version)) return undefined;
        this.#marks = new Map([[null, version]]);
        return version;
      },
    );
  }

  /** Removes what is older than a version; false if the tier does not answer. */
  clearOlder(version: number): MaybePromise<boolean> {
    return chain(
      this.tier.call((tier) => tier.marks!.clearOlder(version), false),
      (isDone) => {
        if (isDone !== true) return false;
        for (const [key, behind] of this.#behind) if (behind <= version) this.#behind.delete(key);
        return true;
      },
    );
  }

  /**
   * Reads a record and changes it under the tier's lock. True if that was done. `decide` is never called once this has
   * returned: what was given up does not happen.
   */
  change(key: string, decide: (found: MarkedRecord) => RecordChange | undefined): MaybePromise<boolean> {
    let isOver = false;
    const done = this.tier.call(
      (tier) => tier.marks!.change(key, (found) => (isOver ? undefined : decide(found))),
      false,
    );
    if (!isPromise(done)) return done === true;
    return done.then((isDone) => {
      isOver = true;
      return isDone === true;
    });
  }

  markAll(): MaybePromise<boolean> {
    return chain(
      this.tier.call((tier) => tier.marks!.markAll(), false),
      (isDone) => {
        if (isDone === true && !this.#marks.has(null)) this.noteMark(null, 0);
        return isDone === true;
      },
    );
  }

  unmarkAll(mark: number): MaybePromise<boolean> {
    return chain(
      this.tier.call((tier) => tier.marks!.unmarkAll(mark), false),
      (isDone) => {
        if (isDone === true) this.noteUnmarked(null);
        return isDone === true;
      },
    );
  }

  /** The id of the tier's store, which is made when it is first read; `undefined` if the tier does not answer. */
  async readId(): Promise<string | undefined> {
    if (this.id !== undefined) return this.id;
    try {
      this.id = await this.tier.withSideValues(
        async (values) => (await values.read(ID)) ?? values.storeIfAbsent(ID, randomUUID()),
      );
    } catch {
      return undefined;
    }
    return this.id;
  }

  /** The position that the tier has noted, 0 for none; `undefined` if the tier does not answer. */
  async readNotedCursor(): Promise<number | undefined> {
    try {
      this.#noted = await this.tier.withSideValues((values) => values.read(NOTED));
    } catch {
      return undefined;
    }
    return positionOf(this.#noted);
  }

  /** Notes a position in the tier, unless it has noted a higher one. False if the tier does not answer. */
  async noteCursor(position: number): Promise<boolean> {
    const value = String(position);
    try {
      for (let attempt = 0; attempt < NOTE_ATTEMPTS; attempt++) {
        const before = this.#noted;
        if (positionOf(before) >= position) return true;
        const isNoted = await this.tier.withSideValues(async (values) =>
          before === undefined
            ? (await values.storeIfAbsent(NOTED, value)) === value
            : values.replace(NOTED, before, value),
        );
        if (isNoted) {
          this.#noted = value;
          return true;
        }
        // Another process has noted something meanwhile.
        if ((await this.readNotedCursor()) === undefined) return false;
      }
    } catch {
      // The next time it may answer.
    }
    return false;
  }

  /** The entry as this tier may keep it, with its version. */
  capped(entry: CacheEntry): CacheEntry {
    const capped = this.tier.capped(entry);
    return capped === entry ? entry : stampEntry(capped, versionOf(entry));
  }
}

/** The position in a side value; 0 for none, and for a value that is no position. */
function positionOf(value: string | undefined): number {
  const position = Number(value ?? 0);
  return isVersion(position) ? position : 0;
}
