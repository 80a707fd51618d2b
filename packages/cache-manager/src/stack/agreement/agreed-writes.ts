import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import {
  allOf,
  chain,
  changedOrRemoved,
  copyEntry,
  type LoggedAnswer,
  type LoggedWrite,
  nextVersionAlone,
  stampEntry,
  versionOf,
} from '@pw/cache-models/tier';
import type { LevelUpdateOptions, StoredEntries } from '../stack-level.ts';
import type { AgreedReads } from './agreed-reads.ts';
import type { AgreedStores } from './agreed-stores.ts';
import { REFUSED } from './base-log.ts';
import type { MiddleTier } from './middle-tier.ts';
import type { Replay } from './replay.ts';

/** How long to wait before another try while other processes hold the lock of the base, in milliseconds. */
const FIRST_WAIT_MS = 1;
const LAST_WAIT_MS = 20;
/** Further ahead of the clock than any version that is given alone. */
const LONGEST_LEAP_MS = 3_600_000;

/** What became of a batch: one entry of each list per write. */
interface Written extends StoredEntries {
  /** For each tier, middle tiers first, which writes it has taken. */
  readonly byTier: readonly (readonly boolean[])[];
  /** Whether the key had a live entry in the base or a middle tier. */
  readonly existed: readonly boolean[];
}

/** What a middle tier made of a batch; a member of each list per write. */
interface ToMiddle {
  readonly isDone: boolean[];
  readonly existed: boolean[];
  /** Keys of which the tier has something newer. */
  readonly outdated: string[];
  /** Keys of writes that the base does not have any more. */
  readonly lost: string[];
}

/** A write that a middle tier did not take. */
interface Missed {
  readonly i: number;
  readonly key: string;
  readonly entry: CacheEntry | undefined;
  readonly version: number;
}

/** `'none'`: there is no live entry. `'locked'`: to be tried again after a while. `'unable'`: the base does not answer. */
type UpdateOutcome = CacheEntry | null | 'none' | 'locked' | 'unable';

export type Change = (entry: CacheEntry) => CacheEntry | null;

/**
 * Writes the base first, then the middle tiers as caches of it. A middle tier asks, under its own lock, whether the base
 * still has this very version. Expects the locks of the keys.
 */
export class AgreedWrites {
  readonly #stores: AgreedStores;
  readonly #reads: AgreedReads;
  readonly #replay: Replay;

  constructor(stores: AgreedStores, reads: AgreedReads, replay: Replay) {
    this.#stores = stores;
    this.#reads = reads;
    this.#replay = replay;
  }

  /** Puts entries, and removes keys whose entry is `null`. */
  write(writes: readonly LoggedWrite[]): MaybePromise<Written> {
    const { base } = this.#stores;
    if (!base.tier.isUsable) return this.#writeAlone(writes);
    const { faults } = base.tier;
    // A base that has just failed to take what it missed would give these writes lower versions than that has.
    return chain(this.#makeUp(writes), (isMadeUp) =>
      isMadeUp || base.tier.faults === faults ? this.#writeBase(writes) : this.#writeAlone(writes),
    );
  }

  /**
   * What the base misses of the keys comes first, so that it gives these writes higher versions. If that cannot be done, or
   * if marks may have been made that cannot be read now, they get versions above any that was given alone.
   */
  #makeUp(writes: readonly LoggedWrite[]): MaybePromise<boolean> {
    const { base, middles } = this.#stores;
    if (middles.length === 0) return true;
    const { faults } = base.tier;
    const results = middles.map((middle): MaybePromise<boolean> => {
      if (!middle.isUsable) return this.#leapIfMissed(middle, faults);
      if (writes.length === 1) {
        const { key } = writes[0]!;
        return chain(middle.isMarkedNow(key), (isMarked) => {
          if (isMarked === undefined) return this.#leapIfMissed(middle, faults);
          middle.marksReadAt = faults;
          return isMarked ? this.#replayAll(middle, [key]) : true;
        });
      }
      return chain(middle.readMarks(), (news) => {
        if (news === undefined) return this.#leapIfMissed(middle, faults);
        middle.marksReadAt = faults;
        const keys = middle.hasSpecial
          ? writes.map(({ key }) => key).filter((key) => middle.markOf(key) !== undefined)
          : [];
        return keys.length === 0 ? true : this.#replayAll(middle, keys);
      });
    });
    return chain(allOf(results), (all) => !all.includes(false));
  }

  /** As long as the base has answered all along, nobody has written alone. */
  #leapIfMissed(middle: MiddleTier, faults: number): boolean {
    if (middle.marksReadAt !== faults) this.#leap();
    return true;
  }

  #leap(): void {
    const { base } = this.#stores;
    base.hear(nextVersionAlone(base.tier.now() + LONGEST_LEAP_MS));
  }

  /** False if the base has failed. */
  async #replayAll(middle: MiddleTier, keys: readonly string[]): Promise<boolean> {
    const { base } = this.#stores;
    const before = base.tier.faults;
    for (const key of keys) {
      if (await this.#replay.replay(middle, key)) continue;
      if (base.tier.faults !== before) return false;
      // The middle tier did not answer; what it has alone may have any version that is given alone.
      if (middle.marks.has(key) || middle.marks.has(null)) this.#leap();
    }
    return true;
  }

  #writeBase(writes: readonly LoggedWrite[]): MaybePromise<Written> {
    return chain(this.#stores.base.write(writes), (answers) => {
      if (answers === REFUSED) return this.#refused(writes);
      if (answers === undefined) return this.#writeAlone(writes);
      if (answers.some(({ version }) => version === 0)) return this.#writtenInPart(writes, answers);
      return this.#written(writes, answers);
    });
  }

  /** The base has taken the writes. */
  #written(writes: readonly LoggedWrite[], answers: readonly LoggedAnswer[]): MaybePromise<Written> {
    const stamped = writes.map(({ entry }, i) => (entry === null ? undefined : stampEntry(entry, answers[i]!.version)));
    for (const [i, { version }] of answers.entries()) {
      this.#stores.noteWritten(version);
      this.#stores.unstored.forget(writes[i]!.key);
    }
    return chain(
      this.#toMiddles(writes, stamped, (i) => answers[i]!.version),
      (middles) => {
        for (const { version } of answers) this.#stores.noteSettled(version);
        const lost = new Set(middles.flatMap((middle) => middle.lost));
        const outdated = new Set([...middles.flatMap((middle) => middle.outdated), ...lost]);
        const stored = stamped.map((entry) => entry !== undefined && !lost.has(entry.key));
        return {
          entries: stamped.map((entry) => (entry === undefined || outdated.has(entry.key) ? undefined : entry)),
          stored,
          outdated,
          byTier: [...middles.map(({ isDone }) => isDone), stored],
          existed: answers.map(({ existed }, i) => existed || middles.some((middle) => middle.existed[i] === true)),
        };
      },
    );
  }

  /** Others have changed some of the keys since the versions that were expected. */
  #writtenInPart(writes: readonly LoggedWrite[], answers: readonly LoggedAnswer[]): MaybePromise<Written> {
    const made = writes.map((_, i) => i).filter((i) => answers[i]!.version > 0);
    const outdated = new Set(writes.filter((_, i) => answers[i]!.version === 0).map(({ key }) => key));
    const written = this.#written(
      made.map((i) => writes[i]!),
      made.map((i) => answers[i]!),
    );
    return chain(written, (part) => {
      const at = new Map(made.map((i, place) => [i, place]));
      const spread = <T>(list: readonly T[], nothing: T): T[] =>
        writes.map((_, i) => (at.has(i) ? list[at.get(i)!]! : nothing));
      return {
        entries: spread(part.entries, undefined),
        stored: spread(part.stored, false),
        byTier: part.byTier.map((stored) => spread(stored, false)),
        existed: spread(part.existed, false),
        outdated: new Set([...outdated, ...(part.outdated ?? [])]),
      };
    });
  }

  /** Brings the middle tiers up to a write of the base. One that does not take it is behind. */
  #toMiddles(
    writes: readonly LoggedWrite[],
    stamped: readonly (CacheEntry | undefined)[],
    versionOfWrite: (i: number) => number,
  ): MaybePromise<readonly ToMiddle[]> {
    return allOf(
      this.#stores.middles.map((middle) => {
        const puts = stamped.filter((entry) => entry !== undefined);
        const removals = writes.filter(({ entry }) => entry === null).map(({ key }) => key);
        const isUsable = middle.isUsable;
        const put = puts.length === 0 || !isUsable ? [] : middle.putIf(puts, this.#isCurrent);
        // The answer of a removal does not tell what was not there from what was still wanted.
        const refused = new Set<string>();
        const isGone = (key: string, mark: number | undefined): boolean => {
          const isUnwanted = this.#isGone(key, mark);
          if (!isUnwanted) refused.add(key);
          return isUnwanted;
        };
        const removed = removals.length === 0 || !isUsable ? [] : middle.deleteIf(removals, isGone);
        return chain(put, (isPut) =>
          chain(removed, (existed) => {
            const result: ToMiddle = { isDone: [], existed: [], outdated: [], lost: [] };
            let nextPut = 0;
            let nextRemoval = 0;
            const missed: number[] = [];
            for (const [i, { key, entry }] of writes.entries()) {
              const isAnswered = entry === null && isUsable && existed !== undefined;
              result.existed.push(isAnswered && existed[nextRemoval++] === true);
              const isRemoved = isAnswered && !refused.has(key);
              result.isDone.push(entry === null ? isRemoved : isPut[nextPut++] === true);
              if (isRemoved) middle.noteAgreed(key, versionOfWrite(i));
              if (result.isDone[i] !== true) missed.push(i);
            }
            for (const i of missed) middle.noteBehind(writes[i]!.key, versionOfWrite(i));
            if (missed.length === 0 || !isUsable) return result;
            return this.#lookAtMissed(
              middle,
              missed.map((i) => ({ i, key: writes[i]!.key, entry: stamped[i], version: versionOfWrite(i) })),
              result,
            );
          }),
        );
      }),
    );
  }

  /**
   * Why a middle tier did not take a write: it failed; or another process has replaced it; or it has something alone that
   * was not known. The newer of both counts then: if it is ours, it is stored after all, and if not, memory must not keep
   * it. Or the base was replaced by another one right after the write.
   */
  async #lookAtMissed(middle: MiddleTier, missed: readonly Missed[], result: ToMiddle): Promise<ToMiddle> {
    const { base } = this.#stores;
    for (const { i, key, entry, version } of missed) {
      const known = base.newestVersionOf(key);
      if (known !== undefined && known < version) {
        result.lost.push(key);
        continue;
      }
      if (known === undefined || known > version || !middle.isUsable) continue;
      await middle.change(key, ({ entry: found, mark }) => {
        if (mark === undefined) return {};
        const isOurs = Math.max(mark, found === undefined ? 0 : versionOf(found)) < version;
        if (!isOurs) result.outdated.push(key);
        else result.isDone[i] = true;
        if (!isOurs) return {};
        return entry === undefined ? { drop: true, unmark: true } : { put: middle.capped(entry), unmark: true };
      });
      if (result.isDone[i] === true) middle.noteAgreed(key, version);
    }
    return result;
  }

  readonly #isCurrent = (entry: CacheEntry, mark: number | undefined): boolean =>
    mark === undefined && this.#stores.base.versionOf(entry.key) === versionOf(entry);
  readonly #isGone = (key: string, mark: number | undefined): boolean =>
    mark === undefined && this.#stores.base.versionOf(key) === 0;

  /** The base refuses an entry: what it has of the key is outdated then, and goes. */
  async #refused(writes: readonly LoggedWrite[]): Promise<Written> {
    if (writes.length === 1) {
      const [{ key, entry }] = writes as [LoggedWrite];
      // A key that the base refuses has no entry there.
      if (entry === null)
        return { entries: [undefined], stored: [false], byTier: this.#byTier(1, () => false), existed: [false] };
      const { existed } = await this.write([{ key, entry: null }]);
      return { entries: [undefined], stored: [false], byTier: this.#byTier(1, () => false), existed };
    }
    // The others of the batch are stored all the same.
    const each = await Promise.all(writes.map((write) => this.write([write])));
    return {
      entries: each.map(({ entries }) => entries[0]),
      stored: each.map(({ stored }) => stored[0] === true),
      byTier: this.#byTier(writes.length, (tier, i) => each[i]!.byTier[tier]?.[0] === true),
      existed: each.map(({ existed }) => existed[0] === true),
    };
  }

  /** The base cannot be reached: the first middle tier that can takes the writes, with marks. */
  async #writeAlone(writes: readonly LoggedWrite[]): Promise<Written> {
    const { base, middles } = this.#stores;
    const existed = await Promise.all(
      writes.map(async ({ key, entry }) => entry === null && (await this.#reads.peek(key)) !== undefined),
    );
    for (const [index, middle] of middles.entries()) {
      if (!middle.isUsable) continue;
      const versions = await middle.writeAlone(writes, base.heard);
      if (versions === undefined) continue;
      await this.#takenAlone(
        middle,
        writes.map(({ key }) => key),
        versions,
      );
      return {
        entries: writes.map(({ entry }, i) => (entry === null ? undefined : stampEntry(entry, versions[i]!))),
        stored: writes.map(({ entry }) => entry !== null),
        byTier: this.#byTier(writes.length, (tier, i) => tier === index && writes[i]!.entry !== null),
        existed,
      };
    }
    return this.#keepUnstored(writes, existed);
  }

  /** A middle tier has taken writes that the base misses. */
  async #takenAlone(middle: MiddleTier, keys: readonly string[], versions: readonly number[]): Promise<void> {
    const { base, unstored } = this.#stores;
    this.#stores.onLeftover();
    for (const version of versions) base.hear(version);
    for (const key of keys) unstored.forget(key);
    await this.#dropElsewhere(keys, middle);
  }

  /** No tier takes the writes: they are kept here until one does. */
  #keepUnstored(writes: readonly LoggedWrite[], existed: readonly boolean[]): Written {
    const { base, unstored } = this.#stores;
    const now = base.tier.now();
    const entries = writes.map(({ key, entry }) => {
      const version = nextVersionAlone(now, base.heard);
      base.hear(version);
      const stamped = entry === null ? null : stampEntry(entry, version);
      return unstored.add(key, { entry: stamped, version }) ? (stamped ?? undefined) : undefined;
    });
    this.#stores.onLeftover();
    const nothing = writes.map(() => false);
    return { entries, stored: nothing, byTier: this.#byTier(writes.length, () => false), existed };
  }

  #byTier(length: number, isStored: (tier: number, i: number) => boolean): boolean[][] {
    const count = this.#stores.middles.length + 1;
    return Array.from({ length: count }, (_, tier) => Array.from({ length }, (_item, i) => isStored(tier, i)));
  }

  /** The other middle tiers must not keep an older copy: their own is believed where no mark is known. */
  async #dropElsewhere(keys: readonly string[], except: MiddleTier): Promise<void> {
    for (const middle of this.#stores.middles) {
      if (middle !== except && middle.isUsable) await middle.deleteIf(keys, (_key, mark) => mark === undefined);
    }
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    const { base, middles, unstored } = this.#stores;
    unstored.clear();
    for (const middle of middles) {
      if (!middle.isUsable || !base.tier.isUsable || (await middle.readMarks()) === undefined) continue;
      // What the base misses comes first, so that it gives the removal a higher version.
      const keys = middle.special.filter((key) => key !== null);
      await this.#replayAll(middle, keys);
      if (middle.marks.has(null)) this.#leap();
    }
    const version = base.tier.isUsable ? await base.clear() : undefined;
    if (version === undefined) return this.#clearAlone();
    this.#stores.noteWritten(version);
    for (const middle of middles)
      if (!middle.isUsable || !(await middle.clearOlder(version))) middle.noteBehind(null, version);
    this.#stores.noteSettled(version);
  }

  async #clearAlone(): Promise<void> {
    const { base, middles } = this.#stores;
    for (const middle of middles) {
      if (!middle.isUsable) continue;
      const version = await middle.clearAlone(base.heard);
      if (version === undefined) continue;
      base.hear(version);
      this.#stores.onLeftover();
      for (const other of middles) if (other !== middle && other.isUsable) await other.clearOlder(version);
      return;
    }
  }

  /**
   * Changes the newest entry of a key as one atomic step: read and written in one transaction of the base, under the lock
   * of a middle tier, so that no process writes to that tier alone meanwhile.
   */
  async update(
    key: string,
    change: Change,
    options: LevelUpdateOptions,
  ): Promise<CacheEntry | null | undefined | 'unable'> {
    const { base, middles } = this.#stores;
    const end = performance.now() + base.tier.timeoutMs;
    for (let wait = FIRST_WAIT_MS; base.tier.isUsable; wait = Math.min(wait * 2, LAST_WAIT_MS)) {
      const middle = middles.find(({ isUsable }) => isUsable);
      let outcome = middle === undefined ? undefined : await this.#updateUnder(middle, key, change, options);
      // Without a middle tier nobody writes to one alone; what was written there before must be known to be none.
      outcome ??= this.#stores.isMarked(key) ? 'unable' : this.#updateBase(key, change, options);
      if (outcome !== 'locked') {
        if (outcome !== 'unable') return this.#updated(key, outcome === 'none' ? undefined : outcome, middle);
        break;
      }
      if (performance.now() > end) break;
      await sleep(wait * (0.5 + Math.random()));
    }
    return this.#updateAlone(key, change);
  }

  #updateBase(key: string, change: Change, options: LevelUpdateOptions): UpdateOutcome {
    const { base } = this.#stores;
    const before = base.tier.faults;
    const updated = base.update(key, change, options);
    if (updated === undefined) return base.tier.faults === before && base.tier.isUsable ? 'none' : 'unable';
    return updated;
  }

  /** `undefined` if the middle tier could not be locked in time. */
  async #updateUnder(
    middle: MiddleTier,
    key: string,
    change: Change,
    options: LevelUpdateOptions,
  ): Promise<UpdateOutcome | undefined> {
    let outcome: UpdateOutcome | undefined;
    await middle.change(key, (found) => {
      // What the base misses comes first.
      const isMissed = found.mark !== undefined || (found.entry !== undefined && versionOf(found.entry) === 0);
      const made = isMissed ? this.#replay.inBase(middle, key, found) : {};
      outcome = made === undefined ? 'locked' : this.#updateBase(key, change, options);
      if (outcome === 'locked' || outcome === 'unable') return made;
      const unmark = found.mark !== undefined;
      return outcome === 'none' || outcome === null ? { drop: true, unmark } : { put: middle.capped(outcome), unmark };
    });
    return outcome;
  }

  /** The other middle tiers follow. */
  async #updated(
    key: string,
    outcome: CacheEntry | null | undefined,
    done: MiddleTier | undefined,
  ): Promise<CacheEntry | null | undefined> {
    const version = outcome ? versionOf(outcome) : 0;
    if (version > 0) {
      this.#stores.noteWritten(version);
      this.#stores.base.hear(version);
    }
    for (const middle of this.#stores.middles) {
      if (middle === done || !middle.isUsable) continue;
      if (outcome) await middle.putIf([outcome], this.#isCurrent);
      else await middle.deleteIf([key], this.#isGone);
    }
    if (version > 0) this.#stores.noteSettled(version);
    return outcome;
  }

  /**
   * The base cannot be reached: the first middle tier that has the entry changes it under its lock, with a mark. What no
   * tier can change so, as a write that none has taken, is changed here and written as any other.
   */
  async #updateAlone(key: string, change: Change): Promise<CacheEntry | null | undefined | 'unable'> {
    if (this.#stores.unstored.get(key) === undefined) {
      for (const middle of this.#stores.middles) {
        const updated = middle.isUsable ? await this.#updateMiddle(middle, key, change) : undefined;
        if (updated !== undefined) return updated;
        if (await this.#isRemovedAlone(middle, key)) return undefined;
        // What it has alone may be newer than what the next one has.
        if (middle.markOf(key) !== undefined) break;
      }
    }
    const newest = await this.#reads.peek(key);
    if (newest === undefined) return 'unable';
    const changed = change(newest);
    const written = await this.#writeAlone([{ key, entry: changed === null ? null : copyEntry(changed) }]);
    return changed === null ? null : (written.entries[0] ?? changed);
  }

  /** `undefined` if the middle tier has no entry that is known to be the newest one, or does not answer. */
  async #updateMiddle(middle: MiddleTier, key: string, change: Change): Promise<CacheEntry | null | undefined> {
    const { base } = this.#stores;
    const updated = await middle.updateAlone(
      key,
      (entry) => {
        // A base that takes no writes may still answer.
        const known = base.newestVersionOf(key);
        const isNewest =
          known === undefined ? this.#reads.isCurrent(middle, entry) : versionOf(entry) >= Math.max(known, 1);
        return isNewest ? changedOrRemoved(entry, change) : undefined;
      },
      base.heard,
    );
    if (updated !== undefined) await this.#takenAlone(middle, [key], [updated.version]);
    return updated?.entry;
  }

  /** True if the newest that is known of a key is its removal from a middle tier: a copy in memory must not come back. */
  async #isRemovedAlone(middle: MiddleTier, key: string): Promise<boolean> {
    let isRemoved = false;
    await middle.change(key, ({ entry, mark = 0 }) => {
      const known = this.#stores.base.newestVersionOf(key) ?? middle.behindOf(key);
      isRemoved = mark > known && (entry === undefined || versionOf(entry) < mark);
      return {};
    });
    return isRemoved;
  }
}
