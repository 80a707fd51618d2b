import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import {
  allOf,
  chain,
  type LoggedAnswer,
  type LoggedWrite,
  nextVersionAlone,
  stampEntry,
  versionOf,
} from '@pw/cache-models/tier';
import type { AgreedStores } from './agreed-stores.ts';
import { REFUSED } from './base-log.ts';
import type { MiddleTier } from './middle-tier.ts';
import type { Replay } from './replay.ts';
import type { WritesAlone } from './writes-alone.ts';
import { byTier, type Written } from './written.ts';

/** Further ahead of the clock than any version that is given alone. */
const LONGEST_LEAP_MS = 3_600_000;

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

/**
 * Writes the base first, then the middle tiers as caches of it. A middle tier asks, under its own lock, whether the
 * base still has this very version. Expects the locks of the keys.
 */
export class AgreedWrites {
  readonly #stores: AgreedStores;
  readonly #replay: Replay;
  readonly #alone: WritesAlone;

  constructor(stores: AgreedStores, replay: Replay, alone: WritesAlone) {
    this.#stores = stores;
    this.#replay = replay;
    this.#alone = alone;
  }

  get #tiers(): number {
    return this.#stores.middles.length + 1;
  }

  /** Puts entries, and removes keys whose entry is `null`. */
  write(writes: readonly LoggedWrite[]): MaybePromise<Written> {
    const { base } = this.#stores;
    if (!base.tier.isUsable) return this.#alone.write(writes);
    const { faults } = base.tier;
    // A base that has just failed to take what it missed would give these writes lower versions than that has.
    return chain(this.#makeUp(writes), (isMadeUp) =>
      isMadeUp || base.tier.faults === faults ? this.#writeBase(writes) : this.#alone.write(writes),
    );
  }

  /**
   * What the base misses of the keys comes first, so that it gives these writes higher versions. If that cannot be
   * done, or if marks may have been made that cannot be read now, they get versions above any that was given alone.
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
      if (answers === undefined) return this.#alone.write(writes);
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
        const put = puts.length === 0 || !isUsable ? [] : middle.putIf(puts, this.#stores.base.isCurrent);
        // The answer of a removal does not tell what was not there from what was still wanted.
        const refused = new Set<string>();
        const isGone = (key: string, mark: number | undefined): boolean => {
          const isUnwanted = this.#stores.base.isGone(key, mark);
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
   * Why a middle tier did not take a write: it failed; or another process has replaced it; or it has something alone
   * that was not known. The newer of both counts then: if it is ours, it is stored after all, and if not, memory must
   * not keep it. Or the base was replaced by another one right after the write.
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

  /** The base refuses an entry: what it has of the key is outdated then, and goes. */
  async #refused(writes: readonly LoggedWrite[]): Promise<Written> {
    if (writes.length === 1) {
      const [{ key, entry }] = writes as [LoggedWrite];
      // A key that the base refuses has no entry there.
      if (entry === null)
        return { entries: [undefined], stored: [false], byTier: byTier(this.#tiers, 1, () => false), existed: [false] };
      const { existed } = await this.write([{ key, entry: null }]);
      return { entries: [undefined], stored: [false], byTier: byTier(this.#tiers, 1, () => false), existed };
    }
    // The others of the batch are stored all the same.
    const each = await Promise.all(writes.map((write) => this.write([write])));
    return {
      entries: each.map(({ entries }) => entries[0]),
      stored: each.map(({ stored }) => stored[0] === true),
      byTier: byTier(this.#tiers, writes.length, (tier, i) => each[i]!.byTier[tier]?.[0] === true),
      existed: each.map(({ existed }) => existed[0] === true),
    };
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
    if (version === undefined) return this.#alone.clear();
    this.#stores.noteWritten(version);
    for (const middle of middles)
      if (!middle.isUsable || !(await middle.clearOlder(version))) middle.noteBehind(null, version);
    this.#stores.noteSettled(version);
  }
}
