import type { HealthStatus } from '../health/health-status.ts';
import type { Secret } from '../secrets/secret.ts';
import type { EntryLabels } from './entry-labels.ts';

/** The 22 fields of an entry. Times are epoch milliseconds (fractions allowed), absent values are `null`. */
export interface CacheEntryFields {
  /** Identifies the entry in every tier: any non-empty string of at most 4096 bytes in UTF-8 (`MAX_KEY_BYTES`). */
  readonly key: string;
  /** `scheme://host:port`, without credentials. */
  readonly proxyUrl: string;
  readonly username: Secret | null;
  readonly password: Secret | null;
  /** Where the proxy came from. No credentials: they are masked where the value comes in. */
  readonly source: string;
  readonly fetchTime: number;
  readonly lastAccessed: number;
  /** Number of hits, 0 or more. */
  readonly accessCount: number;
  /** Time to live in seconds, 0 or more. `expiresAt` decides; this is kept for the record. */
  readonly ttlSeconds: number;
  /** The entry is expired from this instant on. */
  readonly expiresAt: number;
  readonly healthStatus: HealthStatus;
  /** Failures that `invalidateByHealth` counted, 0 or more. */
  readonly failureCount: number;
  /** True while the entry lives below because the first tier had no room for it. */
  readonly evictedFromL1: boolean;
  readonly lastHealthCheck: number | null;
  readonly consecutiveHealthFailures: number;
  readonly consecutiveHealthSuccesses: number;
  readonly recoveryAttempt: number;
  readonly nextCheckTime: number | null;
  /** What the last check failed of, without credentials, at most 4,096 characters; a record that was stored may have more. */
  readonly lastHealthError: string | null;
  readonly totalHealthChecks: number;
  readonly totalHealthCheckFailures: number;
  /** What the proxy is: `{ country: 'DE', kind: 'residential' }`. No credentials: they are masked where the value comes in. */
  readonly labels: EntryLabels;
}

/** What `JSON.stringify` shows of an entry: secrets are masked. */
export type CacheEntryJson = Omit<CacheEntryFields, 'username' | 'password'> & {
  readonly username: string | null;
  readonly password: string | null;
};
