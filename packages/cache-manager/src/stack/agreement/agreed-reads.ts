import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { allOf, chain, versionOf } from '@pw/cache-models/tier';
import type { ManagedTier } from '../../tier/managed-tier.ts';
import type { AgreedStores } from './agreed-stores.ts';
import type { MiddleTier } from './middle-tier.ts';
import type { Replay } from './replay.ts';

/** How often a search begins again because it found a record that another program wrote. */
const SEARCHES = 3;

/** An entry and the tier that has it; no entry if the key is known to have none. */
export interface Found {
  readonly entry: CacheEntry | undefined;
  readonly tier: ManagedTier;
}

type Read = (tier: ManagedTier, key: string) => MaybePromise<CacheEntry | undefined>;

const get: Read = (tier, key) => tier.get(key);
const peek: Read = (tier, key) => tier.peek(key);

/**
 * Finds the newest entry of a key. The usual case is one read of one tier: an entry of a middle tier is the newest one
 * unless something newer, or a mark, is known of the key. Otherwise all tiers are asked, and the newest answer counts.
 */
export class AgreedReads {
  readonly #stores: AgreedStores;
  readonly #replay: Replay;
  readonly #answersInDoubt: boolean;
  #doubtful = 0;

  constructor(stores: AgreedStores, replay: Replay, answersInDoubt: boolean) {
    this.#stores = stores;
    this.#replay = replay;
    this.#answersInDoubt = answersInDoubt;
  }

  /** How often an entry of a middle tier was returned although the base has never answered. */
  get doubtful(): number {
    return this.#doubtful;
  }

  /** False if entries of the middle tiers must not be returned, except for those that are marked. */
  get mayAnswer(): boolean {
    return this.#answersInDoubt || this.#stores.base.hasAnswered;
  }

  /** The live entry of a key, copied into the middle tiers above the one that has it. */
  find(key: string): MaybePromise<Found | undefined> {
    if (this.#stores.isMarked(key)) return this.#searchAll(key, get);
    return this.#search(key, 0);
  }

  #search(key: string, index: number): MaybePromise<Found | undefined> {
    const { base, middles } = this.#stores;
    const middle = middles[index];
    if (middle === undefined) {
      return chain(base.tier.get(key), (entry) => {
        if (entry === undefined) return undefined;
        return chain(this.#promote([entry], middles), () => ({ entry, tier: base.tier }));
      });
    }
    if (!this.#isBelieved(middle)) return this.#search(key, index + 1);
    return chain(middle.tier.get(key), (entry) => {
      if (entry === undefined) return this.#search(key, index + 1);
      if (!this.#isAnswered(middle, entry)) return this.#searchAll(key, get);
      middle.noteAgreed(key, versionOf(entry));
      return chain(this.#promote([entry], middles.slice(0, index)), () => ({ entry, tier: middle.tier }));
    });
  }

  /** A middle tier that the base does not know is not believed, unless the base cannot be asked. */
  #isBelieved(middle: MiddleTier): boolean {
    return middle.isUsable && (middle.isKnown || !this.#stores.base.tier.isUsable);
  }

  /**
   * True if an entry of a middle tier may be returned: nothing newer is known. As long as the base has never answered,
   * nothing is known of what the middle tier may lack.
   */
  isCurrent(middle: MiddleTier, entry: CacheEntry): boolean {
    return this.#stores.base.hasAnswered ? middle.isCurrent(entry) : this.#answersInDoubt;
  }

  /** Like `isCurrent`, and counts what is returned in doubt. */
  #isAnswered(middle: MiddleTier, entry: CacheEntry): boolean {
    if (!this.#stores.base.hasAnswered && this.#answersInDoubt) this.#doubtful++;
    return this.isCurrent(middle, entry);
  }

  /** The entries of several keys; only those that were found. */
  async findMany(keys: readonly string[]): Promise<Map<string, Found>> {
    const { base, middles } = this.#stores;
    const found = new Map<string, Found>();
    const special = new Set(keys.filter((key) => this.#stores.isMarked(key)));
    let left = special.size === 0 ? keys : keys.filter((key) => !special.has(key));
    for (const [index, middle] of middles.entries()) {
      if (left.length === 0 || !this.#isBelieved(middle)) continue;
      const current: CacheEntry[] = [];
      for (const entry of await middle.tier.getMany(left)) {
        if (entry === undefined) continue;
        if (!this.#isAnswered(middle, entry)) special.add(entry.key);
        else {
          middle.noteAgreed(entry.key, versionOf(entry));
          current.push(entry);
        }
      }
      await this.#promote(current, middles.slice(0, index));
      for (const entry of current) found.set(entry.key, { entry, tier: middle.tier });
      left = left.filter((key) => !found.has(key) && !special.has(key));
    }
    if (left.length > 0) {
      const entries = (await base.tier.getMany(left)).filter((entry) => entry !== undefined);
      await this.#promote(entries, middles);
      for (const entry of entries) found.set(entry.key, { entry, tier: base.tier });
    }
    for (const key of special) {
      const one = await this.#searchAll(key, get);
      if (one?.entry !== undefined) found.set(key, one);
    }
    return found;
  }

  /** The newest live entry of a key, without side effects. */
  peek(key: string): MaybePromise<CacheEntry | undefined> {
    const { base, middles } = this.#stores;
    if (this.#stores.isMarked(key)) return this.#peekAll(key);
    if (!base.tier.isUsable) return this.#peekMiddles(key);
    const before = base.tier.faults;
    return chain(base.tier.peek(key), (entry) => {
      if (entry !== undefined || base.tier.faults === before || middles.length === 0) return entry;
      return this.#peekMiddles(key);
    });
  }

  async #peekAll(key: string): Promise<CacheEntry | undefined> {
    return (await this.#searchAll(key, peek))?.entry;
  }

  async #peekMiddles(key: string): Promise<CacheEntry | undefined> {
    for (const middle of this.#stores.middles) {
      if (!middle.isUsable) continue;
      const entry = await middle.tier.peek(key);
      if (entry !== undefined) return this.isCurrent(middle, entry) ? entry : undefined;
    }
    return undefined;
  }

  /** Asks every tier; the newest answer counts, removals included. */
  async #searchAll(key: string, read: Read, attempt = 1): Promise<Found | undefined> {
    const { base, middles, unstored } = this.#stores;
    const kept = unstored.get(key);
    if (kept !== undefined) return this.#liveOf(kept.entry ?? undefined, base.tier);
    let newest: Found | undefined;
    let version = -1;
    let isFromBase = false;
    const marked = middles.filter((middle) => middle.markOf(key) !== undefined);
    if (base.tier.isUsable) {
      const before = base.tier.faults;
      const entry = await read(base.tier, key);
      if (base.tier.faults === before) {
        newest = { entry, tier: base.tier };
        version = entry === undefined ? (base.newestVersionOf(key) ?? 0) : versionOf(entry);
        isFromBase = true;
      }
    }
    for (const middle of middles) {
      if (!middle.isUsable) {
        // What it has alone cannot be asked: an older value must not be returned in its place.
        if (middle.markOf(key) !== undefined) return undefined;
        continue;
      }
      let entry = await middle.tier.peek(key);
      // After the record: a mark that was made in between says what became of it.
      await middle.readMarks();
      let mark = middle.markOf(key);
      if (mark !== undefined && entry === undefined) {
        // An expired record counts too: what it replaced must not come back. A live one needs no lock to be read.
        const isRead = await middle.change(key, (found) => {
          [entry, mark] = [found.entry, found.mark];
          return {};
        });
        if (!isRead) return undefined;
      }
      const own = entry === undefined ? 0 : versionOf(entry);
      if (entry !== undefined && own === 0 && isFromBase) {
        // Another program wrote it, or a version of this package that knew no versions.
        await this.#replay.replay(middle, key);
        return attempt < SEARCHES ? this.#searchAll(key, read, attempt + 1) : newest;
      }
      if (mark === undefined && isFromBase && marked.includes(middle) && attempt < SEARCHES) {
        // What was marked has been made up since, perhaps after the base was asked.
        middle.noteUnmarked(key);
        await middle.readMarks();
        return this.#searchAll(key, read, attempt + 1);
      }
      if (mark === undefined && (isFromBase || !this.mayAnswer)) continue;
      // The base has something newer, whether it can be asked or not.
      if (Math.max(own, mark ?? 0) < middle.behindOf(key)) continue;
      // Whether it is newer than what the base has can only be told by the base.
      if (entry !== undefined && own === 0 && base.hasAnswered) continue;
      const isRemoval = mark !== undefined && own <= mark;
      const ofMiddle = isRemoval ? (mark ?? 0) : own;
      if (ofMiddle <= version || (isRemoval && mark === 0)) continue;
      newest = { entry: isRemoval ? undefined : entry, tier: middle.tier };
      version = ofMiddle;
      isFromBase = false;
    }
    if (newest?.entry === undefined) return undefined;
    if (isFromBase) await this.#promote([newest.entry], middles);
    return this.#liveOf(newest.entry, newest.tier);
  }

  #liveOf(entry: CacheEntry | undefined, tier: ManagedTier): Found | undefined {
    return entry === undefined || entry.isExpiredAt(tier.now()) ? undefined : { entry, tier };
  }

  /**
   * Copies entries of the base up, unless they have been replaced meanwhile or a tier has something of its own. An
   * entry without a version would look like one that another program wrote.
   */
  #promote(found: readonly CacheEntry[], into: readonly MiddleTier[]): MaybePromise<unknown> {
    const { base } = this.#stores;
    const entries = found.filter((entry) => versionOf(entry) > 0);
    if (entries.length === 0) return undefined;
    const copies = into
      .filter(({ isUsable }) => isUsable)
      .map((middle) =>
        middle.putIf(entries, (entry, mark) => mark === undefined && base.versionOf(entry.key) === versionOf(entry)),
      );
    return allOf(copies);
  }
}
