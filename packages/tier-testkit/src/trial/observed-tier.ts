import {
  type CacheEntry,
  type CacheTier,
  type EntryFilter,
  type EntryPage,
  type MaybePromise,
  RemovalReason,
  type TierStatistics,
} from '@pw/cache-models';
import { type AccessUpdate, isPromise } from '@pw/cache-models/tier';
import { ConformanceError } from '../contract/conformance-error.ts';
import { within } from './within.ts';

/** What the statistics of a tier should be, according to its answers. */
export interface Observed {
  hits: number;
  misses: number;
  /** Entries that cleanupExpired reported: a lower bound for the count of expired entries. */
  cleaned: number;
  healthRemovals: number;
}

/**
 * A tier under test. Every answer is awaited within the deadline, checked to be of the claimed kind (value or promise),
 * and counted, so that the tier's statistics can be verified.
 */
export class ObservedTier {
  readonly raw: CacheTier;
  readonly observed: Observed = { hits: 0, misses: 0, cleaned: 0, healthRemovals: 0 };
  /** The calls of `onEvict`. */
  readonly evictions: { readonly key: string; readonly entry: CacheEntry; readonly reason: RemovalReason }[] = [];
  /** False for tiers whose store a test broke: their statistics are not verified. */
  checksStatistics = true;
  /** True if the last operation succeeded and was not a close. */
  isInUse = false;
  readonly #deadlineMs: number;

  constructor(raw: CacheTier, deadlineMs: number) {
    this.raw = raw;
    this.#deadlineMs = deadlineMs;
  }

  get statistics(): TierStatistics {
    return this.raw.statistics;
  }
  get enabled(): boolean {
    return this.raw.enabled;
  }

  open(): Promise<void> {
    return this.call('open()', () => this.raw.open());
  }
  async close(): Promise<void> {
    await this.call('close()', () => this.raw.close());
    this.isInUse = false;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const counts = this.enabled;
    const entry = await this.call(`get(${label(key)})`, () => this.raw.get(key));
    if (counts) this.#countOne(entry);
    return entry;
  }

  /** Call only where the tier has it. */
  async getNow(key: string): Promise<CacheEntry | undefined> {
    const counts = this.enabled;
    const entry = await this.callSoon(`getNow(${label(key)})`, () => this.raw.getNow!(key));
    if (counts) this.#countOne(entry);
    return entry;
  }

  /** Like `call`, but a tier that does not claim to be synchronous may answer with a value too. */
  callSoon<T>(what: string, work: () => MaybePromise<T>): MaybePromise<T> {
    const answer = work();
    if (!isPromise(answer)) return answer;
    if (this.raw.capabilities.synchronous) throw this.#wrongMode(what, false);
    return within(this.#deadlineMs, what, answer);
  }

  put(entry: CacheEntry, key = entry.key): Promise<boolean> {
    return this.call(`put(${label(key)})`, () => this.raw.put(key, entry));
  }

  async delete(key: string, reason?: RemovalReason): Promise<boolean> {
    const was = await this.call(`delete(${label(key)})`, () => this.raw.delete(key, reason));
    if (was === true && reason === RemovalReason.HEALTH) this.observed.healthRemovals++;
    return was;
  }

  has(key: string): Promise<boolean> {
    return this.call(`has(${label(key)})`, () => this.raw.has(key));
  }

  async getMany(keys: readonly string[]): Promise<Map<string, CacheEntry>> {
    const counts = this.enabled;
    const found = await this.call(`getMany of ${keys.length}`, () => this.raw.getMany(keys));
    if (counts) this.#count(found.size, new Set(keys).size - found.size);
    return found;
  }

  putMany(entries: readonly CacheEntry[]): Promise<boolean[]> {
    return this.call(`putMany of ${entries.length}`, () => this.raw.putMany(entries));
  }
  deleteMany(keys: readonly string[]): Promise<boolean[]> {
    return this.call(`deleteMany of ${keys.length}`, () => this.raw.deleteMany(keys));
  }
  clear(): Promise<number> {
    return this.call('clear()', () => this.raw.clear());
  }
  size(): Promise<number> {
    return this.call('size()', () => this.raw.size());
  }
  keys(): Promise<string[]> {
    return this.call('keys()', () => this.raw.keys());
  }

  async cleanupExpired(): Promise<number> {
    const count = await this.call('cleanupExpired()', () => this.raw.cleanupExpired());
    this.observed.cleaned += count;
    return count;
  }

  /** All entries, in the tier's order. */
  async entries(): Promise<CacheEntry[]> {
    const stream = this.raw.entries();
    const isSync = Symbol.iterator in stream;
    if (isSync !== this.raw.capabilities.synchronous) throw this.#wrongMode('entries()', isSync);
    const all: CacheEntry[] = [];
    const read = async () => {
      for await (const entry of stream) all.push(entry);
      return all;
    };
    const found = await within(this.#deadlineMs, 'entries()', read());
    this.isInUse = true;
    return found;
  }

  peek(key: string): Promise<CacheEntry | undefined> {
    return this.call(`peek(${label(key)})`, () => this.raw.peek(key));
  }

  /** Uses an entry as a manager does: a get, and recordAccess if the tier does not count the access itself. */
  async use(key: string, now: number): Promise<CacheEntry | undefined> {
    const entry = await this.get(key);
    if (entry !== undefined && !this.raw.capabilities.countsAccesses) {
      await this.recordAccess([{ key, hits: 1, lastAccessed: now }]);
    }
    return entry;
  }

  recordAccess(updates: readonly AccessUpdate[]): Promise<number> {
    return this.call('recordAccess()', () => this.raw.recordAccess(updates));
  }

  /** Call only where the tier has it. */
  query(filter?: EntryFilter): Promise<EntryPage> {
    return this.call(`query(${JSON.stringify(filter)})`, () => this.raw.query!(filter));
  }

  /**
   * Runs an operation; fails if it takes too long or does not return a value or a promise as claimed. Its errors are
   * thrown.
   */
  async call<T>(what: string, operation: () => MaybePromise<T>): Promise<T> {
    const answer = operation();
    if (isPromise(answer) === this.raw.capabilities.synchronous) throw this.#wrongMode(what, !isPromise(answer));
    const value = isPromise(answer) ? await within(this.#deadlineMs, what, answer) : answer;
    this.isInUse = true;
    return value;
  }

  #countOne(entry: CacheEntry | undefined): void {
    this.#count(entry === undefined ? 0 : 1, entry === undefined ? 1 : 0);
  }

  #count(hits: number, misses: number): void {
    this.observed.hits += hits;
    this.observed.misses += misses;
  }

  #wrongMode(what: string, isValue: boolean): ConformanceError {
    const claim = this.raw.capabilities.synchronous;
    return new ConformanceError({
      what: `${what} of a tier that claims synchronous: ${claim}`,
      expected: claim ? 'a value' : 'a promise',
      received: isValue ? 'a value' : 'a promise',
      rule: 'modes',
    });
  }
}

function label(key: unknown): string {
  const text = JSON.stringify(key) ?? String(key);
  return text.length <= 60 ? text : `${text.slice(0, 40)}…, ${String(key).length} characters`;
}
