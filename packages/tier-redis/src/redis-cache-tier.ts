import {
  BaseTier,
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  CacheValidationError,
  RemovalReason,
} from '@pw/cache-models';
import {
  type AccessUpdate,
  type ChangeListener,
  checkOneOptionsObject,
  type ResealCounts,
  type SideValues,
  type TierChanges,
  type TierLeases,
} from '@pw/cache-models/tier';
import { problemOfBatchSize, problemOfLease, problemOfRelease } from './check-arguments.ts';
import { ChangeListeners, notifyListener } from './connection/change-listeners.ts';
import { ClusterConnection } from './connection/cluster-connection.ts';
import type { Connection, ConnectionEvents } from './connection/connection.ts';
import { connectionSetup } from './connection/connection-setup.ts';
import { RedisLink } from './connection/redis-link.ts';
import { isCluster } from './connection/server-client.ts';
import { SingleConnection } from './connection/single-connection.ts';
import { BATCH_BYTES, MAX_RECORD_BYTES } from './limits.ts';
import { cancellableIterator } from './passes/cancellable-iterator.ts';
import { indexExistingRecords } from './passes/index-existing-records.ts';
import type { Pass } from './passes/pass.ts';
import { resealPages } from './passes/reseal.ts';
import { Leases } from './records/leases.ts';
import { RecordNames } from './records/record-names.ts';
import { type Pair, RedisStore } from './records/redis-store.ts';
import { ACCESS, PUT_BOUNDED, QUARANTINE } from './records/scripts.ts';
import { RedisSideValues } from './records/side-values.ts';
import { asciiHead, decodeRecord, encodeAccess, encodeRecord, Stamps } from './records/stored-record.ts';
import { type CheckedOptions, complete, type RedisTierOptions, redisOptions } from './redis-tier-options.ts';
import type { ReplyFault } from './replies/reply-guard.ts';
import { evicted, ok, type Stored, wholeNumber } from './replies/reply-parsers.ts';
import { SizeEstimate } from './size-estimate.ts';

/** {@link TierLeases} of a tier that returns promises. */
interface AsyncLeases extends TierLeases {
  /** Acquires a lease on a key for 1 to 2147483647 milliseconds, or extends it. */
  acquire(key: string, milliseconds: number, token?: string): Promise<string | null | undefined>;
  /** Releases the lease that has this token. Returns true if there was one. */
  release(key: string, token: string): Promise<boolean>;
}

/**
 * Stores entries on a Redis or Valkey server or cluster, where any number of processes share them. The server removes
 * each entry at its deadline.
 *
 * Every operation settles in time, whatever the server does. As in every tier, a fault counts as a miss and a failure;
 * the connection is then re-established automatically. {@link RedisCacheTier.changes} reports which entries other
 * processes have changed, so that copies of them can be dropped.
 *
 * @example
 * const tier = new RedisCacheTier({ url: 'rediss://user:password@cache.example:6379' });
 */
export class RedisCacheTier extends BaseTier<'async'> {
  /** Reports of changes by other processes. */
  readonly changes: TierChanges = Object.freeze({
    /**
     * Calls the listener with each key that another process has changed, and with `null` when changes may have been
     * missed: after each new connection, and once `graceMs` after a connection is lost. Errors of a listener are
     * ignored. Returns a function that removes the listener. Throws a CacheValidationError for a listener that is not a
     * function.
     */
    subscribe: (listener: ChangeListener): (() => void) => {
      const remove = this.#listeners.add(listener);
      if (this.#link.isLive) notifyListener(listener, null);
      return remove;
    },
    /** One round trip: the server reports the changes before it answers. False while there is no connection. */
    poll: (): Promise<boolean> => this.#link.ping(),
  });
  /** Leases of keys, which one process has at a time; see `CacheTier.leases`. */
  readonly leases: AsyncLeases = Object.freeze({
    acquire: (key: string, milliseconds: number, token?: string): Promise<string | null | undefined> => {
      const problem = problemOfLease(this, key, milliseconds, token);
      if (problem !== undefined) return Promise.reject(problem);
      return this.run<string | null | undefined>(undefined, () => this.#leases.acquire(key, milliseconds, token));
    },
    release: (key: string, token: string): Promise<boolean> => {
      const problem = problemOfRelease(this, key, token);
      if (problem !== undefined) return Promise.reject(problem);
      return this.run(false, () => this.#leases.release(key, token));
    },
  });
  readonly #options: CheckedOptions;
  readonly #link: RedisLink;
  readonly #store: RedisStore;
  readonly #leases: Leases;
  readonly #sideValues: RedisSideValues;
  readonly #stamps = new Stamps();
  readonly #size = new SizeEstimate();
  readonly #listeners = new ChangeListeners();

  /**
   * Throws a CacheConfigError that lists every invalid option and setting. Does not connect yet.
   *
   * @example
   * ```ts
   * const tier = new RedisCacheTier({ url: 'redis://127.0.0.1:6379', namespace: 'proxies', graceMs: null });
   * ```
   */
  constructor(options: RedisTierOptions);
  constructor(options: RedisTierOptions, ...more: readonly unknown[]) {
    checkOneOptionsObject('RedisCacheTier', more, '{ url, cipher }');
    super(options, {
      mode: 'async',
      tierType: 'l2_redis',
      capabilities: { persistent: true, shared: true, reseal: true, sideValues: true, leases: true, changes: true },
      ownOptions: redisOptions(options),
    });
    this.#options = complete(options);
    const { maxEntries, evictionPolicy } = this.config;
    const isSpread = options.client !== undefined && isCluster(options.client) && maxEntries === null;
    const names = new RecordNames(this.#options.namespace, isSpread);
    this.#link = new RedisLink({
      tier: this.name,
      logger: this.logger,
      ...this.#options,
      factory: (events) => this.#connection(options, names, events),
      setUp: connectionSetup(names, this.name),
      changed: (name) => this.#listeners.notify(name === null ? null : names.keyOf(name)),
      refused: (fault) => this.#refused(fault),
    });
    this.#store = new RedisStore(names, maxEntries === null ? undefined : names.index(evictionPolicy), this.#link);
    this.#leases = new Leases(this.#store, this.#stamps, () =>
      this.logger.warn(
        { tier: this.name },
        'the value under the name of a lease was not a lease; a new lease replaced it',
      ),
    );
    this.#sideValues = new RedisSideValues(this.#store, async () => {
      if (!this.enabled) throw new CacheStorageError(`${this.name}: the tier is disabled`, { tier: this.name });
      await this.open();
    });
  }

  #connection(options: RedisTierOptions, names: RecordNames, events: ConnectionEvents): Connection {
    const { url, client } = options;
    if (client !== undefined && isCluster(client)) return new ClusterConnection(client, names.prefix('e'), events);
    const address = client === undefined ? { url: url! } : { client };
    return new SingleConnection(address, names.prefix('e'), this.#options.timeoutMs, events);
  }

  /** See `CacheTier.sideValues`. */
  get sideValues(): SideValues {
    return this.#sideValues;
  }

  /** See `CacheTier.reseal`. A record that another process replaces in the meantime is left unchanged. */
  async *reseal(batchSize: number): AsyncGenerator<ResealCounts> {
    const problem = problemOfBatchSize(this, batchSize);
    if (problem !== undefined) throw problem;
    await this.open();
    const { cipher } = this;
    if (cipher === undefined) return;
    const quarantine = (key: string, record: Stored) => {
      this.passOver(new CacheCorruptionError('stored record is damaged', { tier: this.name }));
      return this.#quarantine(key, record);
    };
    const pass = this.#store.pass();
    yield* resealPages({ store: this.#store, pass, cipher, stamps: this.#stamps, quarantine }, batchSize);
  }

  protected override async doOpen(): Promise<void> {
    await this.#link.open();
    try {
      await indexExistingRecords(this.#store, this.config.evictionPolicy);
    } catch (error) {
      await this.#link.close();
      throw error;
    }
  }

  protected override doClose(): Promise<void> {
    return this.#link.close();
  }

  protected override async doGet(key: string): Promise<CacheEntry | undefined> {
    if (!key.isWellFormed()) return undefined;
    const [record, access] = await this.#store.get(key);
    return record === null ? undefined : this.#decode(key, record, access);
  }

  protected override async doGetMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const known = keys.filter((key) => key.isWellFormed());
    const found = new Map<string, CacheEntry>();
    for (const entry of this.#decodeAll(known, await this.#store.getMany(known))) found.set(entry.key, entry);
    return found;
  }

  protected override async doPut(key: string, entry: CacheEntry, now: number): Promise<boolean> {
    this.#checkKey(key);
    if (this.#store.index !== undefined) {
      await this.#putBounded([entry], now);
      this.#size.stored(key, entry.expiresAt);
      return true;
    }
    const command = this.#setCommand(entry);
    await this.#store.send(command[1]!, command, ok);
    this.#size.stored(key, entry.expiresAt);
    return true;
  }

  protected override async doPutMany(entries: readonly CacheEntry[], now: number): Promise<boolean[]> {
    for (const { key } of entries) this.#checkKey(key);
    if (this.#store.index === undefined) {
      // Encode all entries before sending any: if one is invalid, nothing has been stored.
      await this.#store.sendAll(
        entries.map((entry) => this.#setCommand(entry)),
        ok,
      );
    } else for (const group of this.#store.groups(entries)) await this.#putBounded(group, now);
    for (const { key, expiresAt } of entries) this.#size.stored(key, expiresAt);
    return entries.map(() => true);
  }

  protected override async doDelete(key: string, now: number): Promise<boolean> {
    return (await this.doDeleteMany([key], now))[0]!;
  }

  protected override async doDeleteMany(keys: readonly string[], now: number): Promise<boolean[]> {
    // No entry has the empty key, so it stands in for keys that cannot be stored.
    const gone = await this.#store.delete(
      keys.map((key) => (key.isWellFormed() ? key : '')),
      now,
    );
    for (const [at, key] of keys.entries()) if (gone[at] !== 0) this.#size.removed(key);
    return gone.map((was) => was === 1);
  }

  protected override async doExpire(key: string, now: number): Promise<void> {
    await this.#store.delete([key], now, true);
    this.#size.removed(key);
  }

  protected override async doHas(key: string, now: number): Promise<boolean> {
    return key.isWellFormed() && (await this.#store.areLive([key], now))[0]!;
  }

  protected override async doClear(now: number): Promise<number> {
    const [store, pass] = [this.#store, this.#store.pass()];
    let live = 0;
    for await (const names of store.scan('e', pass)) {
      const keys = names.map((name) => store.names.keyOf(name));
      const gone = await pass.step(() => store.delete(keys, now));
      this.counts.countRemoval(RemovalReason.TTL, gone.filter((was) => was === 2).length);
      live += gone.filter((was) => was === 1).length;
    }
    for await (const names of store.scan('a', pass)) {
      const unlinks = store.groups(names).map((group) => ['UNLINK', ...group]);
      await pass.step(() => store.sendAll(unlinks, wholeNumber));
    }
    this.#size.counted(0);
    return live;
  }

  protected override async doSize(now: number): Promise<number> {
    return (await this.doKeys(now)).length;
  }

  protected override sizeNow(): number {
    return Math.min(this.#size.at(this.clock.now()), this.config.maxEntries ?? Number.POSITIVE_INFINITY);
  }

  protected override async doKeys(now: number): Promise<string[]> {
    const pass = this.#store.pass();
    const all: string[] = [];
    for await (const keys of this.#store.keys(pass)) {
      const live = await pass.step(() => this.#store.areLive(keys, now));
      for (const [at, key] of keys.entries()) if (live[at]) all.push(key);
    }
    this.#size.counted(all.length);
    return all;
  }

  /** Ending the iteration, even while it waits for the next entry, ends the pass. */
  override entries(): AsyncIterableIterator<CacheEntry> {
    const pass = this.#store.pass();
    return cancellableIterator(this.#allEntries(pass), () => pass.end());
  }

  async *#allEntries(pass: Pass): AsyncGenerator<CacheEntry> {
    const now = this.clock.now();
    try {
      if (!this.enabled) return;
      await this.open();
      for await (const entry of this.#entriesOf(pass)) {
        this.tierHealth.succeeded();
        if (!entry.isExpiredAt(now)) yield entry;
      }
      this.tierHealth.succeeded();
    } catch (error) {
      if (!pass.isEnded) this.tierHealth.recover(error, undefined);
    }
  }

  protected override doEntries(): AsyncGenerator<CacheEntry> {
    return this.#entriesOf(this.#store.pass());
  }

  async *#entriesOf(pass: Pass): AsyncGenerator<CacheEntry> {
    for await (const keys of this.#store.keys(pass)) {
      for (const group of this.#store.groups(keys)) {
        // Yield the records of one reply before requesting the next one.
        for (let at = 0; at < group.length; ) {
          const some = group.slice(at);
          const pairs = await pass.step(() => this.#store.readSome(some));
          at += pairs.length;
          yield* this.#decodeAll(some, pairs);
        }
      }
    }
  }

  protected override async doCleanupExpired(now: number): Promise<number> {
    const [store, pass] = [this.#store, this.#store.pass()];
    let removed = 0;
    for await (const names of store.scan('e', pass)) {
      const keys = names.map((name) => store.names.keyOf(name));
      const gone = await pass.step(() => store.delete(keys, now, true));
      for (const [at, key] of keys.entries()) if (gone[at] !== 0) this.#size.removed(key);
      removed += gone.filter((was) => was !== 0).length;
    }
    return removed;
  }

  protected override async doRecordAccess(updates: readonly AccessUpdate[], now: number): Promise<number> {
    const { names, index = ['', '', ''] } = this.#store;
    const known = updates.filter(({ key }) => key.isWellFormed());
    const fixed = [String(now), this.config.evictionPolicy, index[0], index[2], names.prefix('e')];
    const counts = this.#store.groups(known).map((group) => {
      const all = group.flatMap(({ key }) => [names.name('e', key), names.name('a', key)]);
      const args = group.flatMap((update) => encodeAccess(update));
      return this.#store.run(ACCESS, all, [...fixed, ...args], wholeNumber);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** A plain command per entry, because the server reports writes by a script to this connection as well. */
  #setCommand(entry: CacheEntry): readonly string[] {
    return ['SET', this.#store.names.name('e', entry.key), this.#encode(entry), 'PXAT', this.#deadline(entry)];
  }

  async #putBounded(group: readonly CacheEntry[], now: number): Promise<void> {
    const { names, index } = this.#store;
    const { maxEntries, evictionPolicy } = this.config;
    const fixed = [
      now,
      maxEntries!,
      evictionPolicy,
      names.prefix('e'),
      names.prefix('a'),
      MAX_RECORD_BYTES,
      BATCH_BYTES,
    ];
    const args = group.flatMap((entry) => [entry.key, this.#encode(entry), this.#deadline(entry)]);
    const removed = await this.#store.run(PUT_BOUNDED, index!, [...fixed.map(String), ...args], evicted);
    this.counts.countRemoval(RemovalReason.TTL, removed.expired);
    this.counts.countRemoval(RemovalReason.CAPACITY, removed.unreported);
    for (const [key, record, access] of removed.reported) this.#reportEvicted(key, record, access);
  }

  #reportEvicted(key: string, record: string, access: string | null): void {
    this.#size.removed(key);
    let entry: CacheEntry;
    try {
      entry = decodeRecord(key, record, access, this.cipher);
    } catch (error) {
      // It was evicted, but there is no entry to report.
      this.passOver(error);
      this.counts.countRemoval(RemovalReason.CAPACITY);
      return;
    }
    this.evicted(key, entry, RemovalReason.CAPACITY);
  }

  *#decodeAll(keys: readonly string[], pairs: readonly Pair[]): Generator<CacheEntry> {
    for (const [at, [record, access]] of pairs.entries()) {
      if (record === null) continue;
      let entry: CacheEntry;
      try {
        entry = this.#decode(keys[at]!, record, access);
      } catch (error) {
        this.passOver(error);
        continue;
      }
      yield entry;
    }
  }

  /** A damaged record is renamed into quarantine, where it stays until its original deadline. */
  #decode(key: string, record: Stored, access: string | null): CacheEntry {
    try {
      return decodeRecord(key, record, access, this.cipher);
    } catch (error) {
      if (error instanceof CacheCorruptionError) this.#quarantine(key, record).catch(() => {});
      throw error;
    }
  }

  async #quarantine(key: string, record: Stored): Promise<void> {
    const { names } = this.#store;
    const args = [asciiHead(record), String(MAX_RECORD_BYTES)];
    await this.#store.run(QUARANTINE, [names.name('e', key), names.name('q', key)], args, wholeNumber);
  }

  /** After a reply that was too long, the length of each record is checked before it is read. */
  #refused(fault: ReplyFault): void {
    this.logger.warn({ tier: this.name, code: fault }, 'refused a reply of the server and closed the connection');
    if (fault === 'ERR_REPLY_TOO_LONG') this.#store.checkLengthsFirst();
  }

  #encode(entry: CacheEntry): string {
    return encodeRecord(entry, this.cipher, this.#stamps.next());
  }

  /**
   * The server rejects deadlines before 1970. They are sent as the first millisecond of 1970, which is in the past too.
   */
  #deadline(entry: CacheEntry): string {
    return String(Math.max(1, Math.ceil(entry.expiresAt) + this.#options.offsetMs));
  }

  /** The server stores strings as UTF-8, where all lone surrogates look alike, so different keys would collide. */
  #checkKey(key: string): void {
    if (!key.isWellFormed())
      throw new CacheValidationError(`${this.name}: key: must be well-formed Unicode, without lone surrogates`);
  }
}
