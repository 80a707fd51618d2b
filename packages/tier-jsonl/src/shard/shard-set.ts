import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Logger } from '@pw/cache-models';
import type { ChangeReports } from '../changes/change-reports.ts';
import { CompactionQueue } from '../compaction/compaction-queue.ts';
import { storageFault } from '../files/storage-fault.ts';
import { NO_RECORD, type RecordId } from '../index/record-id.ts';
import type { RecordIndex } from '../index/record-index.ts';
import type { JsonlTierSettings } from '../jsonl-tier-options.ts';
import { LayoutWatch } from '../layout/layout-watch.ts';
import { shardFileName, shardOfKey } from '../layout/shard-of-key.ts';
import type { ByteRange } from '../lines/byte-range.ts';
import { HolderNames } from '../lock/holder-names.ts';
import type { LockHolders } from '../lock/lock-files.ts';
import { ShardLock } from '../lock/shard-lock.ts';
import { TurnQueue } from '../lock/turn-queue.ts';
import { DirectoryMarks } from '../marks/directory-marks.ts';
import { MarkFile } from '../marks/mark-file.ts';
import { EVERYTHING_SHARD, ShardMarks } from '../marks/shard-marks.ts';
import { Scratch } from '../side-index/scratch.ts';
import { SideIndexFile } from '../side-index/side-index-file.ts';
import { Shard } from './shard.ts';
import { ShardFile } from './shard-file.ts';
import { ShardLane } from './shard-lane.ts';
import type { ShardListener } from './shard-listener.ts';
import type { Elsewhere, ShardOperation } from './shard-operation.ts';
import { ShardWriter } from './shard-writer.ts';

export interface ShardSetParts {
  readonly numShards: number;
  /** True if a move of records to this number of shards has begun. */
  readonly isMoving: boolean;
  /** Numbers of the existing shard files. */
  readonly found: readonly number[];
  readonly index: RecordIndex;
  readonly settings: JsonlTierSettings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onDamaged: (count: number) => void;
  readonly reports: ChangeReports;
}

/**
 * All shards of a directory under one number of shards, with the index over them.
 *
 * The number of shards is fixed per set: once another process changes it, `isCurrent` is false for good, and the store
 * opens a new set. While records are *moving* to their shards a key may have lines in two of them; the one at home is
 * then the newer one. Reads see a consistent index only if no shard `isReading`.
 */
export class ShardSet {
  readonly numShards: number;
  readonly index: RecordIndex;
  /** False once a process has changed the number of shards. */
  isCurrent = true;
  /** True while records are moving to this number of shards: of two lines of a key the one at home is then newer. */
  isMoving: boolean;
  readonly #lanes: (ShardLane | undefined)[] = [];
  #lastHome: { readonly key: string; readonly home: number } | undefined;
  readonly #settings: JsonlTierSettings;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #onDamaged: (count: number) => void;
  readonly #reports: ChangeReports;
  /** True once the set is in use: what was read before that is no change. */
  isServing = false;
  readonly #scratch = new Scratch();
  readonly #compactions: CompactionQueue;
  readonly #releases = new TurnQueue();
  readonly #holders: HolderNames;
  readonly marks: DirectoryMarks;
  #watch: LayoutWatch | undefined;
  /** Number of shards being read, and the readings that take several turns. */
  #reading = 0;
  readonly #readings = new Set<Promise<boolean>>();
  #untilRead: Promise<void> | undefined;
  readonly #afterwards = new Set<Promise<void>>();
  /** True once a key was seen in two shards. */
  #hasOlder = false;

  constructor({ numShards, isMoving, found, index, settings, logger, clock, onDamaged, reports }: ShardSetParts) {
    this.numShards = numShards;
    this.isMoving = isMoving;
    this.index = index;
    this.#settings = settings;
    this.#holders = new HolderNames(settings.directory);
    this.marks = new DirectoryMarks(settings.directory, (key) => this.homeOf(key));
    this.#logger = logger;
    this.#compactions = new CompactionQueue(logger);
    this.#clock = clock;
    this.#onDamaged = onDamaged;
    this.#reports = reports;
    for (let number = 0; number < numShards; number++) this.#lanes[number] = this.#makeLane(number);
    // Files beyond the number are read too: their records are still to be moved.
    for (const number of found) this.#lanes[number] ??= this.#makeLane(number);
  }

  /** Watches the recorded number of shards. From here on, a different number means that another process set it. */
  watchLayout(): void {
    this.#watch = new LayoutWatch(this.#settings.directory);
  }

  get lanes(): ShardLane[] {
    return this.#lanes.filter((lane) => lane !== undefined);
  }

  lane(number: number): ShardLane {
    return this.#lanes[number]!;
  }

  laneOf(id: RecordId): ShardLane {
    return this.lane(this.index.shardOf(id));
  }

  /** The last answer is kept: one operation asks several times for its key, and each time a hash is computed. */
  homeOf(key: string): number {
    if (this.#lastHome?.key !== key) this.#lastHome = { key, home: shardOfKey(key, this.numShards) };
    return this.#lastHome.home;
  }

  /** Reads every file, yielding in between. Throws a CacheStorageError if one cannot be read. */
  async readAll(): Promise<void> {
    for (const { shard } of this.lanes) {
      try {
        const steps = shard.refreshSteps();
        while (steps.next().done !== true) await nextTurn();
      } catch (error) {
        throw storageFault('read a shard', error);
      }
      await nextTurn();
    }
    this.#scratch.release();
    this.index.settle();
  }

  /**
   * True while a shard is being read in several turns: lookups may return wrong results, and have to be repeated
   * afterwards.
   */
  get isReading(): boolean {
    return this.#reading > 0;
  }

  /** True if the number of shards is still the one last seen, and everything seen has been read. */
  get isSettled(): boolean {
    return this.isCurrent && this.#reading === 0;
  }

  /**
   * Waits for readings that take several turns; all waiters continue in their order. Throws a CacheStorageError if a
   * shard cannot be read.
   */
  untilRead(): Promise<void> {
    this.#untilRead ??= this.#waitForReadings().finally(() => {
      this.#untilRead = undefined;
    });
    return this.#untilRead;
  }

  async #waitForReadings(): Promise<void> {
    while (this.#reading > 0) {
      await Promise.all(this.#readings);
      // Lanes read too, with the lock held.
      if (this.#reading > 0) await nextTurn();
    }
  }

  /** Follows one shard file, in several turns if it takes long. Throws a CacheStorageError. */
  refresh(number: number): void {
    const { shard } = this.lane(number);
    if (!shard.isReading) this.#read(number, shard.refreshSteps());
  }

  /** Like `refresh`, but reads the whole file even if it seems unchanged. */
  readAgain(number: number): void {
    const { shard } = this.lane(number);
    if (!shard.isReading) this.#read(number, shard.refreshSteps(true));
  }

  #read(number: number, steps: Iterator<void, boolean>): void {
    try {
      const step = steps.next();
      if (step.done === true) this.#afterRead(number, step.value);
      else this.#readOn(number, steps);
    } catch (error) {
      throw storageFault('read a shard', error);
    }
  }

  #readOn(number: number, steps: Iterator<void, boolean>): void {
    const reading = this.#readRest(steps).finally(() => this.#readings.delete(reading));
    this.#readings.add(reading);
    // The promise reports faults to those who wait for it. Waiters continue before a repair, which may have to re-read
    // everything.
    const after = reading
      .then((isChanged) => nextTurn(isChanged))
      .then((isChanged) => this.#afterRead(number, isChanged))
      .catch(() => {})
      .finally(() => this.#afterwards.delete(after));
    this.#afterwards.add(after);
  }

  async #readRest(steps: Iterator<void, boolean>): Promise<boolean> {
    try {
      for (;;) {
        await nextTurn();
        const step = steps.next();
        if (step.done === true) return step.value;
      }
    } catch (error) {
      throw storageFault('read a shard', error);
    }
  }

  #afterRead(number: number, isChanged: boolean): void {
    const lane = this.lane(number);
    if (isChanged && lane.shard.lines.damaged.length > 0) lane.repairSoon();
  }

  refreshAll(): void {
    for (const { shard } of this.lanes) this.refresh(shard.number);
  }

  /** The shard whose line of a key counts, as last seen. */
  shardOf(key: string): number | undefined {
    const id = this.index.find(key);
    return id === NO_RECORD ? undefined : this.index.shardOf(id);
  }

  /** The id of a key according to the current files. NO_RECORD if it has none, or while a shard `isReading`. */
  find(key: string): RecordId {
    const known = this.index.find(key);
    if (known !== NO_RECORD) {
      if (!this.#follow(this.index.shardOf(known))) return known;
      const id = this.#foundNow(key);
      if (id !== NO_RECORD) return id;
    }
    return this.#follow(this.homeOf(key)) ? this.#foundNow(key) : NO_RECORD;
  }

  #foundNow(key: string): RecordId {
    return this.isReading ? NO_RECORD : this.index.find(key);
  }

  /** Follows a shard file before a read; true if it changed. Throws a CacheStorageError. */
  #follow(number: number): boolean {
    try {
      if (this.lane(number).shard.isUnchanged()) return false;
    } catch (error) {
      throw storageFault('read a shard', error);
    }
    this.refresh(number);
    return true;
  }

  /** Submits an operation to the shard where a key belongs. */
  atHome(key: string, operation: ShardOperation): Promise<boolean | number> {
    return this.lane(this.homeOf(key)).submit(operation);
  }

  /** Releases what dead processes left: locks of these shards, then holder files. */
  releaseOrphans(locked: readonly number[]): void {
    for (const number of locked) this.#lanes[number]?.releaseOrphan();
    this.#holders.removeStale();
  }

  async close(): Promise<void> {
    await this.#compactions.close();
    await Promise.all(this.#afterwards);
    // A reading of one shard may concern a line in the file of another.
    await Promise.all(this.lanes.map((lane) => lane.drain()));
    await Promise.all(this.lanes.map((lane) => lane.close()));
    this.marks.close();
    this.#holders.close();
  }

  #makeLane(number: number): ShardLane {
    const path = join(this.#settings.directory, shardFileName(number));
    const { index } = this;
    const side = new SideIndexFile(path, this.#scratch, this.#settings.sideIndexFrom);
    const shard = new Shard(number, new ShardFile(path, this.#settings.guard), index, this.#listenerOf(), side);
    const holders: LockHolders = {
      willTake: () => this.#holders.willTake(number),
      took: (folder) => this.#holders.took(number, folder),
      didNotTake: () => this.#holders.didNotTake(number),
      isDead: (folder) => this.#holders.isDead(number, folder),
    };
    const lock = new ShardLock(path, this.#settings.lock, this.#releases, holders);
    this.marks.add(number, new MarkFile(new ShardFile(this.marks.pathOf(number), this.#settings.guard)));
    const { durability } = this.#settings;
    const marks = new ShardMarks(this.marks.of(number), this.marks.of(EVERYTHING_SHARD), lock, durability === 'full');
    const olderOf = (key: string) => this.#olderOf(key, number);
    return new ShardLane({
      shard,
      index,
      lock,
      writer: new ShardWriter({ shard, index, lock, marks, durability, olderOf }),
      logger: this.#logger,
      isCurrent: () => this.isCurrent,
      compactSoon: (lane) => this.#compactions.add(lane),
      removeElsewhere: (elsewhere: readonly Elsewhere[]) =>
        Promise.all(
          elsewhere.map(({ kind, key, shard: other, range }) => {
            const lane = this.lane(other);
            if (range !== undefined) lane.shard.markLeaving(key, range);
            return lane.submit({ kind, key });
          }),
        ),
    });
  }

  /** Shards other than `except` that have older lines of a key. */
  #olderOf(key: string, except: number): number[] {
    if (!this.#hasOlder) return [];
    const isOlder = (shard: Shard) =>
      shard.number !== except && shard.lines.superseded.has(key) && !shard.hasNewest(key);
    return this.lanes.filter(({ shard }) => isOlder(shard)).map(({ shard }) => shard.number);
  }

  /** Re-reads shards with lines that were older than a line that is gone: they count again. */
  #readOrphansAgain(): void {
    if (!this.#hasOlder) return;
    for (const { shard } of this.lanes)
      for (const key of shard.olderThanElsewhere())
        if (this.shardOf(key) === undefined) {
          shard.requireFullRead();
          this.refresh(shard.number);
          break;
        }
  }

  #listenerOf(): ShardListener {
    return {
      now: () => this.#clock.now(),
      damaged: (count) => this.#onDamaged(count),
      wantsChanges: () => this.isServing && this.#reports.isWanted,
      changed: (key) => this.#reports.note(key),
      reading: (isBegun) => {
        this.#reading += isBegun ? 1 : -1;
      },
      foundInTwoShards: () => {
        this.#hasOlder = true;
      },
      superseded: (other: number, key: string, range: ByteRange) => {
        this.#hasOlder = true;
        this.lane(other).shard.supersededElsewhere(key, range);
      },
      isAtHome: (key, shard) => this.isMoving && this.homeOf(key) === shard,
      readAgain: () => this.#readOrphansAgain(),
      resharded: (numShards) => {
        if (numShards !== this.numShards) this.isCurrent = false;
      },
      replaced: () => {
        const recorded = this.#watch?.changed();
        if (recorded !== undefined && recorded !== this.numShards) this.isCurrent = false;
      },
    };
  }
}
