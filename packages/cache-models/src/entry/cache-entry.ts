import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { brandClass, brandOf } from '../brand.ts';
import { HealthStatus } from '../health/health-status.ts';
import { maskProxyUrl } from '../masking/mask-credentials.ts';
import { Secret } from '../secrets/secret.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { addHits } from './add-hits.ts';
import type { CacheEntryFields, CacheEntryJson } from './cache-entry-fields.ts';
import { type CacheEntryInput, type CacheEntryPatch, parseEntryInput, parseEntryPatch } from './cache-entry-input.ts';
import { type EntryLabels, NO_LABELS } from './entry-labels.ts';
import { bareUrl, fullUrl } from './entry-url.ts';
import { maskedFields, withoutCredentials } from './mask-plain-fields.ts';

const BRAND = brandOf('CacheEntry');
const FIELDS: ArgumentKind = Object.freeze({
  wanted: 'must be the fields of an entry, including its key',
  isRight: (value: unknown) => typeof (value as Partial<CacheEntryFields> | null | undefined)?.key === 'string',
});
const URL_OPTIONS = { credentials: optional(Kinds.boolean) };
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The fields of an entry as a store keeps them; records from before labels existed have none. */
export type RestorableFields = Omit<CacheEntryFields, 'labels'> & Partial<Pick<CacheEntryFields, 'labels'>>;

/**
 * The counts of an object that only inherits from the class. Test runners and debuggers make such objects to show the
 * fields of an entry; a TypeError would hide what they have to say.
 */
const NOT_AN_ENTRY = Number.NaN;

let state: EntryState;

/** The private state of an entry, for `entry-access.ts` only. */
export interface EntryState {
  /** True for an entry of this copy of the package. */
  isOurs(entry: CacheEntry): boolean;
  count(entry: CacheEntry, now: number): void;
  add(entry: CacheEntry, hits: number, lastAccessed: number): void;
  promise(entry: CacheEntry): Promise<CacheEntry>;
  copy(entry: CacheEntry, evictedFromL1: boolean): CacheEntry;
  owner(entry: CacheEntry): object | undefined;
  setOwner(entry: CacheEntry, owner: object): void;
  buffer(entry: CacheEntry): object | undefined;
  setBuffer(entry: CacheEntry, buffer: object | undefined): void;
  version(entry: CacheEntry): number;
  setVersion(entry: CacheEntry, version: number): void;
}

/**
 * One proxy in the cache. {@link CacheEntry.create} makes an entry from untrusted values, {@link CacheEntry.restore}
 * from a store's own record.
 *
 * Entries are frozen, and every change makes a new one, so tiers and callers may share them. Only `accessCount` and
 * `lastAccessed` go on counting: a cache that keeps an entry in memory returns this very object from each `get`. They
 * are getters over private state, so that a hit copies nothing. A spread (`{ ...entry }`) loses both, and the labels of
 * an entry that has none: use {@link CacheEntry.toFields}. A list of entries may change its order by these counts while
 * you hold it.
 */
export class CacheEntry implements CacheEntryFields {
  readonly key: string;
  readonly proxyUrl: string;
  readonly username: Secret | null;
  readonly password: Secret | null;
  readonly source: string;
  readonly fetchTime: number;
  readonly ttlSeconds: number;
  readonly expiresAt: number;
  readonly healthStatus: HealthStatus;
  readonly failureCount: number;
  readonly evictedFromL1: boolean;
  readonly lastHealthCheck: number | null;
  readonly consecutiveHealthFailures: number;
  readonly consecutiveHealthSuccesses: number;
  readonly recoveryAttempt: number;
  readonly nextCheckTime: number | null;
  readonly lastHealthError: string | null;
  readonly totalHealthChecks: number;
  readonly totalHealthCheckFailures: number;
  /** {@link NO_LABELS} if there are none; it is then inherited from the prototype and costs no memory. */
  declare readonly labels: EntryLabels;

  // Initialized with numbers: V8 then changes the time of a hit in place, and allocates nothing.
  #accessCount = 0;
  #lastAccessed = 0;
  /** The version of the write that made this object; 0 if it is not known. */
  #version = 0;
  /** The token of the memory tier that counts the accesses of this object. */
  #owner: object | undefined;
  /** The token of the access buffer that has recorded this object. */
  #buffer: object | undefined;
  /** A promise of this entry, made by the first hit and returned by each further one. */
  #promise: Promise<CacheEntry> | undefined;

  static {
    Object.defineProperty(CacheEntry.prototype, 'labels', { value: NO_LABELS, writable: true });
    state = {
      isOurs: (entry) => #accessCount in entry,
      count(entry, now) {
        // A larger count could not be stored.
        if (entry.#accessCount < Number.MAX_SAFE_INTEGER) entry.#accessCount++;
        if (now > entry.#lastAccessed) entry.#lastAccessed = now;
      },
      add(entry, hits, lastAccessed) {
        entry.#accessCount = addHits(entry.#accessCount, hits);
        if (lastAccessed > entry.#lastAccessed) entry.#lastAccessed = lastAccessed;
      },
      promise(entry) {
        entry.#promise ??= Promise.resolve(entry);
        return entry.#promise;
      },
      copy(entry, evictedFromL1) {
        const copy = new CacheEntry(entry, evictedFromL1);
        // The same value, written by the same write. An entry of another copy of this package has no version here.
        if (#version in entry) copy.#version = entry.#version;
        return copy;
      },
      owner: (entry) => entry.#owner,
      setOwner(entry, owner) {
        entry.#owner = owner;
      },
      buffer: (entry) => entry.#buffer,
      setBuffer(entry, buffer) {
        entry.#buffer = buffer;
      },
      version: (entry) => entry.#version,
      setVersion(entry, version) {
        entry.#version = version;
      },
    };
  }

  // One assignment per field, always in this order, ensures that all entries share one hidden class in V8; a loop would
  // not.
  private constructor(f: RestorableFields, evictedFromL1: boolean) {
    this.key = f.key;
    this.proxyUrl = f.proxyUrl;
    this.username = f.username;
    this.password = f.password;
    this.source = f.source;
    this.fetchTime = f.fetchTime;
    this.ttlSeconds = f.ttlSeconds;
    this.expiresAt = f.expiresAt;
    this.healthStatus = f.healthStatus;
    this.failureCount = f.failureCount;
    this.evictedFromL1 = evictedFromL1;
    this.lastHealthCheck = f.lastHealthCheck;
    this.consecutiveHealthFailures = f.consecutiveHealthFailures;
    this.consecutiveHealthSuccesses = f.consecutiveHealthSuccesses;
    this.recoveryAttempt = f.recoveryAttempt;
    this.nextCheckTime = f.nextCheckTime;
    this.lastHealthError = f.lastHealthError;
    this.totalHealthChecks = f.totalHealthChecks;
    this.totalHealthCheckFailures = f.totalHealthCheckFailures;
    if (f.labels !== undefined && f.labels !== NO_LABELS) this.labels = f.labels;
    this.#accessCount = f.accessCount;
    this.#lastAccessed = f.lastAccessed;
    // Private state stays writable.
    Object.freeze(this);
  }

  /**
   * Makes an entry from untrusted values; only `proxyUrl` is required. Defaults: `key` is a hash of the URL and, if
   * there is one, of the username; `fetchTime` and `lastAccessed` are now; `source` is `"manual"`; `ttlSeconds` is
   * 3600; `expiresAt` is fetchTime + ttlSeconds. Moves `user:pass@` from the URL to `username` and `password`; an empty
   * credential becomes `null`. Credentials in `source`, `lastHealthError` and `labels` are masked ({@link
   * maskCredentials}), and an error is cut to 4,096 characters.
   *
   * Throws a CacheValidationError that lists every wrong field and shows no value.
   *
   * @example
   * ```ts
   * const entry = CacheEntry.create({ proxyUrl: 'http://user:secret@192.0.2.1:8080', source: 'api', ttlSeconds: 600 });
   * entry.password?.reveal(); // 'secret'
   * ```
   */
  static create(input: CacheEntryInput, clock: Clock = systemClock): CacheEntry {
    if (clock !== systemClock) checkArgument('clock', clock, Kinds.clock);
    return CacheEntry.restore(parseEntryInput(input, clock));
  }

  /**
   * For tiers: makes an entry from a store's own fields. Checks only that there is a key: values from foreign files are
   * validated by the codec ({@link recordToEntry}).
   */
  static restore(fields: RestorableFields): CacheEntry {
    if (typeof fields?.key !== 'string') checkArgument('fields', fields, FIELDS);
    return new CacheEntry(fields, fields.evictedFromL1);
  }

  /** True for an entry, also of another copy of this package. */
  static isCacheEntry(value: unknown): value is CacheEntry {
    // Does not use `hasBrand`, whose property access is megamorphic: here V8 caches the location of the one property.
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
  }

  /**
   * A copy with some fields replaced, validated and masked as by {@link CacheEntry.create}. New credentials are also
   * masked in the existing source, error and labels. Nothing else is derived: a new `ttlSeconds` alone does not change
   * `expiresAt`. Throws a CacheValidationError that lists every wrong field.
   *
   * @example
   * ```ts
   * const extended = entry.with({ expiresAt: Date.now() + 3_600_000 });
   * ```
   */
  with(patch: CacheEntryPatch): CacheEntry {
    const fields = { ...this.toFields(), ...parseEntryPatch(patch) };
    return CacheEntry.restore({ ...fields, ...withoutCredentials(fields, fields, this) });
  }

  /** The number of hits so far, from 0 to 2^53 - 1. Goes on counting while a cache has this object in memory. */
  get accessCount(): number {
    return #accessCount in this ? this.#accessCount : NOT_AN_ENTRY;
  }

  /**
   * The time of the last hit, in epoch milliseconds; at first `fetchTime`, unless another time is given. Never goes
   * back.
   */
  get lastAccessed(): number {
    return #lastAccessed in this ? this.#lastAccessed : NOT_AN_ENTRY;
  }

  /** True from `expiresAt` on, by the system clock. */
  get isExpired(): boolean {
    return this.isExpiredAt(systemClock.now());
  }

  /** True if the status is `"healthy"`, and for no other status. */
  get isHealthy(): boolean {
    return this.healthStatus === HealthStatus.HEALTHY;
  }

  /** True if there is a username or a password. */
  get hasCredentials(): boolean {
    return this.username !== null || this.password !== null;
  }

  /**
   * True if `now >= expiresAt`: the only test of expiry, used everywhere. `now` is in epoch milliseconds. Throws a
   * CacheValidationError unless `now` is a number.
   */
  isExpiredAt(now: number): boolean {
    if (typeof now !== 'number' || Number.isNaN(now)) checkArgument('now', now, Kinds.number);
    return now >= this.expiresAt;
  }

  /**
   * The full URL with percent-encoded credentials, as HTTP clients and environment variables expect it; a {@link
   * Secret}, because it contains the password. With `credentials: false`, a string without them. An IPv6 zone is
   * encoded (RFC 6874).
   *
   * Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` if a token cannot be opened, and a CacheValidationError
   * for a credential that is not well-formed Unicode, which only a record of another program can contain.
   *
   * @example
   * ```ts
   * const agent = new ProxyAgent(entry.toUrl().reveal()); // http://user:p%40ss@192.0.2.1:8080
   * console.log(entry.toUrl({ credentials: false })); // http://192.0.2.1:8080
   * ```
   */
  toUrl(options?: { readonly credentials?: true }): Secret;
  toUrl(options: { readonly credentials: false }): string;
  toUrl(options: { readonly credentials?: boolean } = {}): Secret | string {
    checkOptionsObject(options, URL_OPTIONS, { what: 'toUrl' });
    return options.credentials === false ? bareUrl(this) : Secret.of(fullUrl(this));
  }

  /** All fields as a plain object, as they are at this moment, with the secrets as they are. */
  toFields(): CacheEntryFields {
    return {
      key: this.key,
      proxyUrl: this.proxyUrl,
      username: this.username,
      password: this.password,
      source: this.source,
      fetchTime: this.fetchTime,
      lastAccessed: this.lastAccessed,
      accessCount: this.accessCount,
      ttlSeconds: this.ttlSeconds,
      expiresAt: this.expiresAt,
      healthStatus: this.healthStatus,
      failureCount: this.failureCount,
      evictedFromL1: this.evictedFromL1,
      lastHealthCheck: this.lastHealthCheck,
      consecutiveHealthFailures: this.consecutiveHealthFailures,
      consecutiveHealthSuccesses: this.consecutiveHealthSuccesses,
      recoveryAttempt: this.recoveryAttempt,
      nextCheckTime: this.nextCheckTime,
      lastHealthError: this.lastHealthError,
      totalHealthChecks: this.totalHealthChecks,
      totalHealthCheckFailures: this.totalHealthCheckFailures,
      labels: this.labels,
    };
  }

  /**
   * All fields, with secrets masked, including credentials that an old record has in its URL, source or error. Decrypts
   * the credentials if a text field may contain them; the usual sources cannot.
   */
  toJSON(): CacheEntryJson {
    return {
      ...this.toFields(),
      ...maskedFields(this),
      proxyUrl: maskProxyUrl(this.proxyUrl),
      username: this.username?.toJSON() ?? null,
      password: this.password?.toJSON() ?? null,
    };
  }

  /** All fields, masked as in JSON, as own properties of an object that Node.js shows as a CacheEntry. */
  [INSPECT](): object {
    const fields = { ...this.toFields(), ...maskedFields(this), proxyUrl: maskProxyUrl(this.proxyUrl) };
    return Object.create(SHOWN, Object.getOwnPropertyDescriptors(fields)) as object;
  }
}
brandClass(CacheEntry, BRAND);

/** An object that inherits from it is shown under the name of the class, but as it is. */
const SHOWN: object = Object.create(CacheEntry.prototype, { [INSPECT]: { value: undefined } }) as object;

export const entryState: EntryState = state;
