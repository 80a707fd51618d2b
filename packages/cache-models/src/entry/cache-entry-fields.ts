import type { HealthStatus } from '../health/health-status.ts';
import type { Secret } from '../secrets/secret.ts';
import type { EntryLabels } from './entry-labels.ts';

/** The 22 fields of an entry. Times are epoch milliseconds (fractions allowed), absent values are `null`. */
export interface CacheEntryFields {
  /** Identifies the entry in every tier: a non-empty string of at most 4096 bytes in UTF-8 (`MAX_KEY_BYTES`). */
  readonly key: string;
  /** `scheme://host:port`, without credentials. */
  readonly proxyUrl: string;
  readonly username: Secret | null;
  readonly password: Secret | null;
  /** Where the proxy came from. Contains no credentials: they are masked on input. */
  readonly source: string;
  readonly fetchTime: number;
  readonly lastAccessed: number;
  /** Number of hits, 0 or more. */
  readonly accessCount: number;
  /** Time to live in seconds, 0 or more. Informational: `expiresAt` alone decides when the entry expires. */
  readonly ttlSeconds: number;
  /** The entry is expired from this time on. */
  readonly expiresAt: number;
  readonly healthStatus: HealthStatus;
  /** Failures counted by `invalidateByHealth`, 0 or more. */
  readonly failureCount: number;
  /** True while only lower tiers keep the entry, because the first tier had no room for it. */
  readonly evictedFromL1: boolean;
  readonly lastHealthCheck: number | null;
  readonly consecutiveHealthFailures: number;
  readonly consecutiveHealthSuccesses: number;
  readonly recoveryAttempt: number;
  readonly nextCheckTime: number | null;
  /**
   * Why the last check failed, without credentials; at most 4,096 characters, but an old stored record may have more.
   */
  readonly lastHealthError: string | null;
  readonly totalHealthChecks: number;
  readonly totalHealthCheckFailures: number;
  /**
   * Properties of the proxy: `{ country: 'DE', kind: 'residential' }`. Contains no credentials: they are masked on
   * input.
   */
  readonly labels: EntryLabels;
}

/** An entry as `JSON.stringify` shows it: secrets are masked. */
export type CacheEntryJson = Omit<CacheEntryFields, 'username' | 'password'> & {
  readonly username: string | null;
  readonly password: string | null;
};
