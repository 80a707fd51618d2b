import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { brandClass, brandOf } from '../brand.ts';
import { HealthStatus } from '../health/health-status.ts';
import { maskProxyUrl } from '../masking/mask-credentials.ts';
import { Secret } from '../secrets/secret.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { CacheEntryFields, CacheEntryJson } from './cache-entry-fields.ts';
import { type CacheEntryInput, type CacheEntryPatch, parseEntryInput, parseEntryPatch } from './cache-entry-input.ts';
import { type EntryLabels, NO_LABELS } from './entry-labels.ts';
import { bareUrl, fullUrl } from './entry-url.ts';
import { maskedFields, withoutCredentials } from './mask-plain-fields.ts';

const BRAND = brandOf('CacheEntry');
const FIELDS: ArgumentKind = Object.freeze({
  wanted: 'must be the fields of an entry, with its key',
  isRight: (value: unknown) => typeof (value as Partial<CacheEntryFields> | null | undefined)?.key === 'string',
});
const URL_OPTIONS = { credentials: optional(Kinds.boolean) };
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The fields of an entry; one of before there were labels lacks them. */
export type RestorableFields = Omit<CacheEntryFields, 'labels'> & Partial<Pick<CacheEntryFields, 'labels'>>;

/**
 * One proxy in the cache: frozen, and replaced by a new entry on every change, so tiers and callers may share it.
 * Made by {@link CacheEntry.create} from outside values, by {@link CacheEntry.restore} from a store's own record.
 */
export class CacheEntry implements CacheEntryFields {
  readonly key: string;
  readonly proxyUrl: string;
  readonly username: Secret | null;
  readonly password: Secret | null;
  readonly source: string;
  readonly fetchTime: number;
  readonly lastAccessed: number;
  readonly accessCount: number;
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
  /** {@link NO_LABELS} where there are none; then it is no property of the entry's own, and costs no memory. */
  declare readonly labels: EntryLabels;

  static {
    Object.defineProperty(CacheEntry.prototype, 'labels', { value: NO_LABELS, writable: true });
  }

  // One assignment a field, always in this order: V8 gives all entries one hidden class, which a loop would not.
  private constructor(f: RestorableFields, accessCount: number, lastAccessed: number) {
    this.key = f.key;
    this.proxyUrl = f.proxyUrl;
    this.username = f.username;
    this.password = f.password;
    this.source = f.source;
    this.fetchTime = f.fetchTime;
    this.lastAccessed = lastAccessed;
    this.accessCount = accessCount;
    this.ttlSeconds = f.ttlSeconds;
    this.expiresAt = f.expiresAt;
    this.healthStatus = f.healthStatus;
    this.failureCount = f.failureCount;
    this.evictedFromL1 = f.evictedFromL1;
    this.lastHealthCheck = f.lastHealthCheck;
    this.consecutiveHealthFailures = f.consecutiveHealthFailures;
    this.consecutiveHealthSuccesses = f.consecutiveHealthSuccesses;
    this.recoveryAttempt = f.recoveryAttempt;
    this.nextCheckTime = f.nextCheckTime;
    this.lastHealthError = f.lastHealthError;
    this.totalHealthChecks = f.totalHealthChecks;
    this.totalHealthCheckFailures = f.totalHealthCheckFailures;
    if (f.labels !== undefined && f.labels !== NO_LABELS) this.labels = f.labels;
    Object.freeze(this);
  }

  /**
   * Makes an entry from outside values; only `proxyUrl` is required. Fills key (hash of the URL, and of the username if
   * there is one), fetchTime and lastAccessed (now), source (`"manual"`), ttlSeconds (3600) and expiresAt (fetchTime +
   * ttlSeconds). Moves `user:pass@` out of the URL into username and password. An empty credential is none. Credentials in
   * source and lastHealthError are masked ({@link maskCredentials}); of the error the first 4,096 characters are kept.
   *
   * Throws a CacheValidationError that lists every wrong field and shows no value.
   */
  static create(input: CacheEntryInput, clock: Clock = systemClock): CacheEntry {
    if (clock !== systemClock) checkArgument('clock', clock, Kinds.clock);
    return CacheEntry.restore(parseEntryInput(input, clock));
  }

  /** Makes an entry from a store's own fields, unchecked but for having a key. For tiers: the codec has checked what a foreign file holds. */
  static restore(fields: RestorableFields): CacheEntry {
    if (typeof fields?.key !== 'string') checkArgument('fields', fields, FIELDS);
    return new CacheEntry(fields, fields.accessCount, fields.lastAccessed);
  }

  /** True for an entry of this or another copy of the package. */
  static isCacheEntry(value: unknown): value is CacheEntry {
    // Not by `hasBrand`, which is asked for many brands: here it is one property that V8 knows the place of.
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
  }

  /**
   * A copy with some fields replaced, checked and masked as by {@link CacheEntry.create}. New credentials are masked in the
   * source and the error that were there, too. Nothing else is derived: a new `ttlSeconds` alone leaves `expiresAt` as it is.
   * Throws a CacheValidationError.
   */
  with(patch: CacheEntryPatch): CacheEntry {
    const fields = { ...this.toFields(), ...parseEntryPatch(patch) };
    return CacheEntry.restore({ ...fields, ...withoutCredentials(fields, fields, this) });
  }

  /** A copy as after one more hit at `now`. */
  touch(now: number): CacheEntry {
    if (typeof now !== 'number' || Number.isNaN(now)) checkArgument('now', now, Kinds.number);
    return new CacheEntry(this, this.accessCount + 1, now);
  }

  /** True from `expiresAt` on, by the machine's clock. */
  get isExpired(): boolean {
    return this.isExpiredAt(systemClock.now());
  }

  /** True for `"healthy"` alone. */
  get isHealthy(): boolean {
    return this.healthStatus === HealthStatus.HEALTHY;
  }

  /** True if there is a username or a password. */
  get hasCredentials(): boolean {
    return this.username !== null || this.password !== null;
  }

  /** True when `now >= expiresAt`: the one test of expiry, everywhere. `now` in epoch milliseconds. */
  isExpiredAt(now: number): boolean {
    if (typeof now !== 'number' || Number.isNaN(now)) checkArgument('now', now, Kinds.number);
    return now >= this.expiresAt;
  }

  /**
   * The whole URL, with the credentials percent-encoded, as clients and environment variables take it; so it is a {@link Secret}. With
   * `credentials: false` a text without them. An IPv6 address has its brackets, and the zone of one is encoded (RFC 6874).
   *
   * Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` if a token cannot be opened, and a CacheValidationError for a credential that is no
   * well-formed text, which only a record of another program can hold.
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

  /** All fields as a plain object, the secrets as they are. A copy by `{ ...entry }` has no `labels` where there are none. */
  toFields(): CacheEntryFields {
    return { ...this, labels: this.labels };
  }

  /**
   * All fields; secrets are masked, and so is what an old record has of credentials in its URL, source or error. Opens the
   * credentials if there is a text that may hold them, other than the usual sources.
   */
  toJSON(): CacheEntryJson {
    return {
      ...this,
      ...maskedFields(this),
      proxyUrl: maskProxyUrl(this.proxyUrl),
      username: this.username?.toJSON() ?? null,
      password: this.password?.toJSON() ?? null,
    };
  }

  [INSPECT](): CacheEntry {
    const proxyUrl = maskProxyUrl(this.proxyUrl);
    const { source, lastHealthError, labels } = maskedFields(this);
    const isClean =
      proxyUrl === this.proxyUrl &&
      source === this.source &&
      lastHealthError === this.lastHealthError &&
      labels === this.labels;
    return isClean ? this : CacheEntry.restore({ ...this, proxyUrl, source, lastHealthError, labels });
  }
}
brandClass(CacheEntry, BRAND);
