import {
  type AccessUpdate,
  BaseTier,
  CacheCorruptionError,
  type CacheEntry,
  CacheStorageError,
  type CacheTierConfigInput,
  CacheValidationError,
  type ChangeListener,
  RemovalReason,
  type ResealCounts,
  type SideValues,
} from '@pw/cache-models';
import { problemOfBatchSize, problemOfLease, problemOfRelease } from './check-arguments.ts';
import { ChangeListeners, tellOne } from './connection/change-listeners.ts';
import { ClusterConnection } from './connection/cluster-connection.ts';
import type { Connection, ConnectionEvents } from './connection/connection.ts';
import { checkFormat, Fence, loadScripts } from './connection/connection-setup.ts';
import { RedisLink } from './connection/redis-link.ts';
import { isCluster } from './connection/server-client.ts';
import { SingleConnection } from './connection/single-connection.ts';
import { BATCH_BYTES, MAX_RECORD_BYTES } from './limits.ts';
import { abandonable } from './passes/cancellable-iterator.ts';
import { enterAll } from './passes/index-existing-records.ts';
import type { Pass } from './passes/pass.ts';
import { resealPages } from './passes/reseal.ts';
import { Leases } from './records/leases.ts';
import { RecordNames } from './records/record-names.ts';
import { type Pair, RedisStore } from './records/redis-store.ts';
import { ACCESS, PUT_BOUNDED, SET_ASIDE } from './records/scripts.ts';
import { RedisSideValues } from './records/side-values.ts';
import { beginning, decodeRecord, encodeAccess, encodeRecord, Stamps } from './records/stored-record.ts';
import { type CheckedOptions, complete, type RedisTierOptions, redisOptions } from './redis-tier-options.ts';
import type { ReplyFault } from './replies/reply-guard.ts';
import { evicted, ok, type Stored, wholeNumber } from './replies/reply-parsers.ts';
import { SizeEstimate } from './size-estimate.ts';

/**
 * Keeps entries on a Redis or Valkey server, or a cluster of them, where any number of processes share them. The server
 * removes an entry at its deadline by itself.
 *
 * Every operation is over in time, whatever the server does: a fault is a miss and a failure, as with every tier, and the
 * connection is made again by itself. Whoever keeps copies of entries learns with {@link RedisCacheTier.onChange} which ones
 * other processes have changed.
 */
export class RedisCacheTier extends BaseTier<'async'> {
  readonly #options: CheckedOptions;
  readonly #link: RedisLink;
  readonly #store: RedisStore;
  readonly #leases: Leases;
  readonly #sideValues: RedisSideValues;
  readonly #stamps = new Stamps();
  readonly #size = new SizeEstimate();
  readonly #listeners = new ChangeListeners();

  /** Throws a CacheConfigError that lists what is wrong with the options, or with the configuration. Connects to nothing yet. */
  constructor(config: CacheTierConfigInput, options: RedisTierOptions) {
    super(config, options, {
      mode: 'async',
      tierType: 'l2_redis',
      capabilities: { persistent: true, shared: true, ordered: false, query: false, healthHistory: false },
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
      setUp: this.#setUp(names),
      changed: (name) => this.#listeners.tell(name === null ? null : names.keyOf(name)),
      refused: (fault) => this.#refused(fault),
    });
    this.#store = new RedisStore(names, maxEntries === null ? undefined : names.index(evictionPolicy), this.#link);
    this.#leases = new Leases(this.#store, this.#stamps, () =>
      this.logger.warn({ tier: this.name }, 'what stood under the name of a lease is no lease; a new one replaced it'),
    );
    this.#sideValues = new RedisSideValues(this.#store, async () => {
      if (!this.enabled) throw new CacheStorageError(`${this.name}: the tier is off`, { tier: this.name });
      await this.open();
    });
  }

  #connection(options: RedisTierOptions, names: RecordNames, events: ConnectionEvents): Connection {
    const { url, client } = options;
    if (client !== undefined && isCluster(client)) return new ClusterConnection(client, names.prefix('e'), events);
    const address = client === undefined ? { url: url! } : { client };
    return new SingleConnection(address, names.prefix('e'), this.#options.timeoutMs, events);
  }

  #setUp(names: RecordNames): ConstructorParameters<typeof RedisLink>[0]['setUp'] {
    const fence = new Fence();
    return async (nodes, send) => {
      await fence.raise(nodes);
      await Promise.all([loadScripts(nodes), checkFormat(names, send, this.name)]);
    };
  }

  /**
   * Calls the listener with each key that another process has changed, and with `null` when changes may have been missed: after
   * each new connection, and once `graceMs` after the end of one. Returns a function that ends it. What a listener throws or rejects
   * with is dropped.
   */
  onChange(listener: ChangeListener): () => void {
    const remove = this.#listeners.add(listener);
    if (this.#link.isLive) tellOne(listener, null);
    return remove;
  }

  /** See `CacheTier.sideValues`. */
  get sideValues(): SideValues {
    return this.#sideValues;
  }

  /** The token of a lease on a key for some milliseconds (1 to 2147483647), or its extension; see `CacheTier.acquireLease`. */
  acquireLease(key: string, milliseconds: number, token?: string): Promise<string | null | undefined> {
    const problem = problemOfLease(this, key, milliseconds, token);
    if (problem !== undefined) return Promise.reject(problem);
    return this.run<string | null | undefined>(undefined, () => this.#leases.acquire(key, milliseconds, token));
  }

  /** Ends a lease that has this token; true if there was one. */
  releaseLease(key: string, token: string): Promise<boolean> {
    const problem = problemOfRelease(this, key, token);
    if (problem !== undefined) return Promise.reject(problem);
    return this.run(false, () => this.#leases.release(key, token));
  }

  /** See `CacheTier.reseal`. A record that another process replaces meanwhile is left as it is. */
  async *reseal(batchSize: number): AsyncGenerator<ResealCounts> {
    const problem = problemOfBatchSize(this, batchSize);
    if (problem !== undefined) throw problem;
    await this.open();
    const { cipher } = this;
    if (cipher === undefined) return;
    const setAside = (key: string, record: Stored) => {
      this.passOver(new CacheCorruptionError('stored record is damaged', { tier: this.name }));
      return this.#setAside(key, record);
    };
    const pass = this.#store.pass();
    yield* resealPages({ store: this.#store, pass, cipher, stamps: this.#stamps, setAside }, batchSize);
  }

  protected override async doOpen(): Promise<void> {
    await this.#link.open();
    try {
      await enterAll(this.#store, this.config.evictionPolicy);
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
    const [record, access] = await this.#store.readOne(key);
    return record === null ? undefined : this.#decode(key, record, access);
  }

  protected override async doGetMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const known = keys.filter((key) => key.isWellFormed());
    const found = new Map<string, CacheEntry>();
    for (const entry of this.#decodeAll(known, await this.#store.read(known))) found.set(entry.key, entry);
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
      // All of them first: should one not be fit to be stored, nothing is on its way yet.
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
    // No entry has the empty key: it stands for one that was never stored.
    const gone = await this.#store.remove(
      keys.map((key) => (key.isWellFormed() ? key : '')),
      now,
    );
    for (const [at, key] of keys.entries()) if (gone[at] !== 0) this.#size.removed(key);
    return gone.map((was) => was === 1);
  }

  protected override async doExpire(key: string, now: number): Promise<void> {
    await this.#store.remove([key], now, true);
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
      const gone = await pass.step(() => store.remove(keys, now));
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

  /** A consumer that ends the iteration, also while it waits for the next entry, ends the pass with it. */
  override entries(): AsyncIterableIterator<CacheEntry> {
    const pass = this.#store.pass();
    return abandonable(this.#allEntries(pass), () => pass.end());
  }

  async *#allEntries(pass: Pass): AsyncGenerator<CacheEntry> {
    const now = this.clock.now();
    try {
      if (!this.enabled) return;
      await this.open();
      for await (const entry of this.#entriesOf(pass)) {
        this.health.succeeded();
        if (!entry.isExpiredAt(now)) yield entry;
      }
      this.health.succeeded();
    } catch (error) {
      if (!pass.isEnded) this.health.recover(error, undefined);
    }
  }

  protected override doEntries(): AsyncGenerator<CacheEntry> {
    return this.#entriesOf(this.#store.pass());
  }

  async *#entriesOf(pass: Pass): AsyncGenerator<CacheEntry> {
    for await (const keys of this.#store.keys(pass)) {
      for (const group of this.#store.groups(keys)) {
        // What one answer held is handed on before the next one is asked for.
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
      const gone = await pass.step(() => store.remove(keys, now, true));
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
      const args = group.flatMap((update) =>
        encodeAccess(update.accessCount, update.lastAccessed, update.evictedFromL1),
      );
      return this.#store.run(ACCESS, all, [...fixed, ...args], wholeNumber);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Each by a command of its own: what a script writes, the server tells to this connection too. */
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
    const went = await this.#store.run(PUT_BOUNDED, index!, [...fixed.map(String), ...args], evicted);
    this.counts.countRemoval(RemovalReason.TTL, went.expired);
    this.counts.countRemoval(RemovalReason.CAPACITY, went.untold);
    for (const [key, record, access] of went.told) this.#tellEvicted(key, record, access);
  }

  #tellEvicted(key: string, record: string, access: string | null): void {
    this.#size.removed(key);
    let entry: CacheEntry;
    try {
      entry = decodeRecord(key, record, access, this.cipher);
    } catch (error) {
      // It is gone all the same, but there is no entry to tell of.
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

  /** A damaged record is set aside under a name of its own, for as long as it would have lived, and no longer in the way. */
  #decode(key: string, record: Stored, access: string | null): CacheEntry {
    try {
      return decodeRecord(key, record, access, this.cipher);
    } catch (error) {
      if (error instanceof CacheCorruptionError) this.#setAside(key, record).catch(() => {});
      throw error;
    }
  }

  async #setAside(key: string, record: Stored): Promise<void> {
    const { names } = this.#store;
    const args = [beginning(record), String(MAX_RECORD_BYTES)];
    await this.#store.run(SET_ASIDE, [names.name('e', key), names.name('q', key)], args, wholeNumber);
  }

  /** After an answer that was too long, records are not asked for any more without a look at their length. */
  #refused(fault: ReplyFault): void {
    this.logger.warn({ tier: this.name, code: fault }, 'an answer of the server was refused; its connection is ended');
    if (fault === 'ERR_REPLY_TOO_LONG') this.#store.beCareful();
  }

  #encode(entry: CacheEntry): string {
    return encodeRecord(entry, this.cipher, this.#stamps.next());
  }

  /** A server refuses a deadline before 1970: its first millisecond is as long ago. */
  #deadline(entry: CacheEntry): string {
    return String(Math.max(1, Math.ceil(entry.expiresAt) + this.#options.offsetMs));
  }

  /** The server keeps texts as UTF-8, where one lone surrogate looks like another: two keys would be one. */
  #checkKey(key: string): void {
    if (!key.isWellFormed()) throw new CacheValidationError(`${this.name}: key: must be well-formed Unicode`);
  }
}
