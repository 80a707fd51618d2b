import type { CacheEntry, Logger, MaybePromise, RemovalReason } from '@pw/cache-models';
import { type AccessUpdate, allOf, chain, type LoggedWrite } from '@pw/cache-models/tier';
import type { KeyedMutex } from '../../scheduling/keyed-mutex.ts';
import { Slicer } from '../../scheduling/slices.ts';
import type { ManagedTier } from '../../tier/managed-tier.ts';
import type { OnDoubt } from '../doubt-policy.ts';
import type {
  ChangeReport,
  ExpectedVersions,
  LevelUpdateOptions,
  SliceHooks,
  StackLevel,
  StoredEntries,
  StoredEntry,
} from '../stack-level.ts';
import { AgreedReads } from './agreed-reads.ts';
import { AgreedStores } from './agreed-stores.ts';
import { AgreedUpdates, type Change } from './agreed-updates.ts';
import { AgreedWrites } from './agreed-writes.ts';
import { BaseLog } from './base-log.ts';
import { MiddleTier } from './middle-tier.ts';
import { Replay } from './replay.ts';
import { Upkeep } from './upkeep.ts';
import { WritesAlone } from './writes-alone.ts';

/** How often the tiers are brought to agree at the close, at most. */
const LAST_ATTEMPTS = 3;

export interface AgreedTiersContext {
  readonly mutex: KeyedMutex;
  readonly logger: Logger;
  readonly onDoubt: OnDoubt;
}

/**
 * The persistent tiers of a stack, as one level: the *base*, which is written first and keeps a log of its writes, and
 * *middle tiers* above it, which are caches of it. See `docs/decisions/order-and-recovery.md`.
 *
 * - What an unmarked entry of a middle tier says is never newer than the base.
 * - If it is older, there is a row in the base's log past the middle tier's cursor.
 * - What the base misses is marked in the middle tier that has it.
 *
 * These hold after any process has been killed at any time, so nobody has to notice that one was.
 */
export class AgreedTiers implements StackLevel<ManagedTier> {
  readonly level: number;
  readonly tiers: readonly ManagedTier[];
  readonly isDurable = true;
  readonly isSynchronous = false;
  readonly capsTtl = false;
  readonly countsAccesses = false;
  readonly #stores: AgreedStores;
  readonly #reads: AgreedReads;
  readonly #writes: AgreedWrites;
  readonly #updates: AgreedUpdates;
  readonly #upkeep: Upkeep;
  readonly #slices = new Slicer();
  #isBaseNew = false;
  readonly #answered = new Map<string, ManagedTier>();
  /** Changes that middle tiers have reported since the log was read. */
  readonly #reported: { readonly middle: MiddleTier; readonly key: string }[] = [];

  /** Expects a tier that {@link canBeBase} as the last one, and above it tiers that {@link canBeMiddle}. */
  constructor(tiers: readonly ManagedTier[], level: number, { mutex, logger, onDoubt }: AgreedTiersContext) {
    this.level = level;
    this.tiers = tiers;
    const middles = tiers.slice(0, -1).map((tier) => new MiddleTier(tier));
    this.#stores = new AgreedStores(new BaseLog(tiers.at(-1)!), middles, mutex);
    const replay = new Replay(this.#stores);
    this.#reads = new AgreedReads(this.#stores, replay, onDoubt === 'answer');
    const alone = new WritesAlone(this.#stores, this.#reads);
    this.#writes = new AgreedWrites(this.#stores, replay, alone);
    this.#updates = new AgreedUpdates(this.#stores, this.#reads, replay, alone);
    this.#upkeep = new Upkeep(this.#stores, replay, logger);
  }

  /** True if the tier can be written first, and tell what was written. */
  static canBeBase({ capabilities, capsTtl, isDurable }: ManagedTier): boolean {
    return isDurable && capabilities.log && !capsTtl;
  }

  /** True if the tier can be above a base and take writes that the base misses. */
  static canBeMiddle({ capabilities, isDurable }: ManagedTier): boolean {
    return isDurable && capabilities.marks && capabilities.sideValues;
  }

  get #base(): ManagedTier {
    return this.#stores.base.tier;
  }

  get doubtful(): number {
    return this.#reads.doubtful;
  }

  get keepsEverything(): boolean {
    return this.#base.inspect((tier) => tier.config.maxEntries) === null;
  }

  now(): number {
    return this.#base.now();
  }

  /** Finds out how far the tiers agree. Call it once they are open. */
  async start(): Promise<void> {
    this.#isBaseNew = this.#stores.base.read(0, 1)?.head === 0;
    await this.#introduce();
    this.#stores.mayHaveCopies = true;
    if (!this.#stores.isBaseComplete || this.#stores.middles.some(({ behind }) => behind.size > 0))
      this.#upkeep.schedule();
  }

  /** Stores entries of keys that a base which was new at the opening does not have. */
  async fillIfNew(entries: AsyncIterable<CacheEntry>): Promise<void> {
    if (!this.#isBaseNew) return;
    const writes: LoggedWrite[] = [];
    for await (const entry of entries) writes.push({ key: entry.key, entry, ifVersion: 0 });
    // In one transaction: until it is made, the base is new for the next process too.
    if (writes.length > 0) await this.#writes.write(writes);
  }

  async #introduce(): Promise<void> {
    await this.#upkeep.introduce();
    this.#stores.readLog();
    for (const middle of this.#stores.middles) {
      await middle.readMarks();
      // Before a tier that the base does not know is merged, all of it counts as marked.
      if (!middle.marks.has(null)) await middle.findForeign();
    }
  }

  get(key: string): MaybePromise<CacheEntry | undefined> {
    return chain(this.#reads.find(key), (found) => {
      if (found?.entry !== undefined) this.#answered.set(key, found.tier);
      return found?.entry;
    });
  }

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const found = await this.#reads.findMany(keys);
    for (const [key, { tier }] of found) this.#answered.set(key, tier);
    return keys.map((key) => found.get(key)?.entry);
  }

  answeredBy(key: string): ManagedTier {
    const tier = this.#answered.get(key);
    this.#answered.delete(key);
    return tier ?? this.#base;
  }

  peek(key: string): MaybePromise<CacheEntry | undefined> {
    return this.#reads.peek(key);
  }

  peekMany(keys: readonly string[]): MaybePromise<readonly (CacheEntry | undefined)[]> {
    if (this.#stores.isBaseComplete && this.#base.isUsable) return this.#base.peekMany(keys);
    return allOf(keys.map((key) => this.#reads.peek(key)));
  }

  has(key: string): MaybePromise<boolean> {
    if (this.#stores.isMarked(key) || !this.#base.isUsable)
      return chain(this.#reads.peek(key), (entry) => entry !== undefined);
    return this.#base.has(key);
  }

  hasMissed(_key: string): boolean {
    return false;
  }

  /** The tiers that have all entries but the special ones. */
  get #listed(): readonly ManagedTier[] {
    if (this.#base.isUsable) return [this.#base];
    return this.#reads.mayAnswer ? this.#stores.middles.map(({ tier }) => tier) : [];
  }

  async keys(): Promise<readonly string[]> {
    // Before the base is asked: what is made up there afterwards is still one of these.
    const special = await this.#specialKeys();
    const keys = new Set<string>();
    for (const tier of this.#listed) for (const key of await tier.keys()) keys.add(key);
    for (const key of special) {
      if ((await this.#reads.peek(key)) === undefined) keys.delete(key);
      else keys.add(key);
    }
    return [...keys];
  }

  async *entries(): AsyncGenerator<CacheEntry> {
    const special = new Set(await this.#specialKeys());
    const sources = this.#listed;
    const seen = new Set(special);
    for (const tier of sources)
      for await (const entry of tier.entries()) {
        if (seen.has(entry.key)) continue;
        if (sources.length > 1) seen.add(entry.key);
        yield entry;
      }
    for (const key of special) {
      const entry = await this.#reads.peek(key);
      if (entry !== undefined) yield entry;
    }
  }

  /** Keys of which the base may miss something. */
  async #specialKeys(): Promise<string[]> {
    const keys = new Set<string>();
    for (const [key] of this.#stores.unstored) keys.add(key);
    for (const middle of this.#stores.middles) {
      if (middle.isUsable) await middle.readMarks();
      for (const key of middle.special) if (key !== null) keys.add(key);
      if (!middle.marks.has(null)) continue;
      for (const key of await middle.tier.keys()) keys.add(key);
      // Removed by a clear that the base missed.
      if (middle.marks.get(null)! > 0) for (const key of await this.#base.keys()) keys.add(key);
    }
    return [...keys];
  }

  get queried(): ManagedTier | undefined {
    return this.#stores.isBaseComplete && this.#base.isUpToDate ? this.#base : undefined;
  }

  store(entry: CacheEntry): MaybePromise<StoredEntry> {
    return chain(this.#writes.write([{ key: entry.key, entry }]), ({ entries, byTier, outdated }) => ({
      entry: entries[0],
      stored: byTier.map(([isStored]) => isStored === true),
      isOutdated: outdated?.has(entry.key),
    }));
  }

  storeMany(
    entries: readonly CacheEntry[],
    hooks: SliceHooks = {},
    expected?: ExpectedVersions,
  ): MaybePromise<StoredEntries> {
    const outdated = new Set<string>();
    const results = this.#slices.run(entries, (slice) => {
      hooks.before?.(slice);
      const writes = slice.map((entry) => {
        const ifVersion = expected?.get(entry.key);
        return { key: entry.key, entry, ifVersion, isUpdate: ifVersion !== undefined && ifVersion > 0 };
      });
      return chain(this.#writes.write(writes), (written) => {
        hooks.after?.(slice);
        for (const key of written.outdated ?? []) outdated.add(key);
        return written.entries.map((entry, i) => ({ entry, isStored: written.stored[i] === true }));
      });
    });
    return chain(results, (all) => ({
      entries: all.map(({ entry }) => entry),
      stored: all.map(({ isStored }) => isStored),
      outdated,
    }));
  }

  storeManyInOneStep(entries: readonly CacheEntry[]): MaybePromise<StoredEntries> {
    return this.#writes.write(entries.map((entry) => ({ key: entry.key, entry })));
  }

  delete(key: string, reason?: RemovalReason): MaybePromise<boolean> {
    return chain(this.#writes.write([{ key, entry: null, reason }]), ({ existed }) => existed[0] === true);
  }

  deleteMany(keys: readonly string[], expected?: ExpectedVersions): MaybePromise<readonly boolean[]> {
    return this.#slices.run(keys, (slice) => {
      const writes = slice.map((key) => ({ key, entry: null, ifVersion: expected?.get(key) }));
      return chain(this.#writes.write(writes), ({ existed, outdated }) =>
        existed.map((did, i) => did && outdated?.has(slice[i]!) !== true),
      );
    });
  }

  clear(): Promise<void> {
    return this.#writes.clear();
  }

  update(key: string, change: Change, options: LevelUpdateOptions): Promise<CacheEntry | null | undefined | 'unable'> {
    return this.#updates.update(key, change, options);
  }

  /** The counts of the base are those that count; a middle tier that misses some gets them with the next copy. */
  async recordAccess(
    updates: readonly AccessUpdate[],
    onStored: (updates: readonly AccessUpdate[]) => void,
  ): Promise<{ readonly hasFailed: Promise<boolean> } | undefined> {
    const late = await this.#base.recordAccess(updates, onStored);
    for (const { tier } of this.#stores.middles) if (tier.isUsable) await tier.recordAccess(updates, () => {});
    return late;
  }

  missedHits(key: string): number {
    return this.#base.missedHits(key);
  }

  async cleanupExpired(): Promise<number> {
    let removed = 0;
    for (const tier of this.tiers) removed += await tier.cleanupExpired();
    return removed;
  }

  subscribe(report: ChangeReport): () => void {
    this.#stores.onChange = report;
    const ends = this.#stores.middles.map((middle) =>
      middle.tier.subscribe((key) => {
        if (key === null) this.#upkeep.lookForForeign(middle);
        else this.#reported.push({ middle, key });
        // If the value was replaced, the log has or will have a row that says so.
        report(key, Number.POSITIVE_INFINITY, true);
      }),
    );
    return () => {
      this.#stores.onChange = () => {};
      for (const end of ends) end();
    };
  }

  poll(): MaybePromise<boolean> {
    const middles = this.#stores.middles.map((middle) => this.#pollMiddle(middle));
    return middles.length === 0
      ? this.#pollBase()
      : chain(allOf(middles), (all) => this.#pollBase() && !all.includes(false));
  }

  /** A change of a middle tier that the log does not explain may be that of another program. */
  #pollBase(): boolean {
    const reported = this.#reported.splice(0);
    const logged = new Set<string | null>();
    const onRow = reported.length === 0 ? undefined : (key: string | null) => void logged.add(key);
    const isRead = this.#base.isUsable && this.#stores.readLog(onRow);
    for (const { middle, key } of reported) {
      if (logged.has(key) || logged.has(null)) continue;
      middle.noteForeign(key);
      this.#upkeep.schedule();
    }
    return isRead;
  }

  #pollMiddle(middle: MiddleTier): MaybePromise<boolean> {
    if (!middle.isUsable) return false;
    // A tier, or the base, that could not be reached when the cache was opened.
    if (!middle.isKnown && this.#base.isUsable) return this.#introduce().then(() => this.#pollKnown(middle));
    return this.#pollKnown(middle);
  }

  #pollKnown(middle: MiddleTier): MaybePromise<boolean> {
    return chain(middle.tier.poll(), (isPolled) =>
      chain(middle.readMarks(), (news) => {
        for (const key of news ?? []) this.#stores.onChange(key, Number.POSITIVE_INFINITY);
        if (middle.hasSpecial) this.#upkeep.schedule();
        return isPolled && news !== undefined;
      }),
    );
  }

  recoverIfDue(): void {
    for (const tier of this.tiers) tier.recoverIfDue();
  }

  /** Brings the tiers to agree, as far as that is possible now. */
  async catchUp(): Promise<void> {
    const { middles, unstored } = this.#stores;
    const isBaseMissing = unstored.size > 0 || middles.some(({ hasSpecial }) => hasSpecial);
    await this.#base.catchUp(isBaseMissing);
    await Promise.allSettled(middles.map(({ tier, behind }) => tier.catchUp(behind.size > 0 || unstored.size > 0)));
    // What others write meanwhile may leave something for the next process.
    for (let attempt = 0; attempt < LAST_ATTEMPTS && !(await this.#upkeep.agree()); attempt++);
    this.#upkeep.stop();
  }
}
