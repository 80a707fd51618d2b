import { join } from 'node:path';
import { CacheEntry, type CacheEntryInput, type CacheTierConfigInput } from '@pw/cache-models';
import { type ExpectedEntry, ManualClock, makeTempDir } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import {
  DiskCacheTier,
  type DiskCacheTierOptions,
  SqliteCacheTier,
  type SqliteCacheTierOptions,
} from '../src/index.ts';
import { L2_LAYOUT, L3_LAYOUT, type TableLayout } from '../src/schema/table-layout.ts';

export const tempDir = (): string => makeTempDir(onTestFinished);

export const NOW = Date.parse('2026-06-01T00:00:00Z');
export const LATER = Date.parse('2036-01-01T00:00:00Z');

export type Tier = DiskCacheTier | SqliteCacheTier;

/** One of the two tiers, as tests need it. */
export interface Kind {
  readonly name: string;
  readonly table: string;
  readonly side: string;
  readonly layout: TableLayout;
  readonly file: (directory: string) => string;
  readonly make: (
    directory: string,
    config?: CacheTierConfigInput,
    options?: Partial<DiskCacheTierOptions & SqliteCacheTierOptions>,
  ) => Tier;
}

const base = () => ({ cipher: new TestCipher('k1'), clock: new ManualClock(NOW) });

export const L2: Kind = {
  name: 'DiskCacheTier',
  table: 'l2_cache',
  side: 'pw_l2_cache',
  layout: L2_LAYOUT,
  file: (directory) => join(directory, 'l2_cache.db'),
  make: (directory, config = {}, options = {}) =>
    closing(new DiskCacheTier({ ...config, ...base(), directory, ...options })),
};
export const L3: Kind = {
  name: 'SqliteCacheTier',
  table: 'cache_entries',
  side: 'pw_cache_entries',
  layout: L3_LAYOUT,
  file: (directory) => join(directory, 'proxywhirl.db'),
  make: (directory, config = {}, options = {}) =>
    closing(new SqliteCacheTier({ ...config, ...base(), path: join(directory, 'proxywhirl.db'), ...options })),
};
export const KINDS: readonly Kind[] = [L2, L3];

export function makeL3(directory: string, options: Partial<SqliteCacheTierOptions> = {}): SqliteCacheTier {
  return L3.make(directory, {}, options) as SqliteCacheTier;
}

function closing<T extends Tier>(tier: T): T {
  onTestFinished(() => tier.close());
  return tier;
}

/** An entry that is live at `NOW`. */
export function makeEntry(key: string, input: Partial<CacheEntryInput> = {}): CacheEntry {
  return CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080', key, fetchTime: NOW, expiresAt: LATER, ...input });
}

/** Every field as a plain value, including secrets. */
export function reveal(entry: CacheEntry | undefined): Record<string, unknown> | undefined {
  if (entry === undefined) return undefined;
  return {
    ...entry.toFields(),
    username: entry.username?.reveal() ?? null,
    password: entry.password?.reveal() ?? null,
  };
}

/** The fields that ProxyWhirl read, under our names. */
export function fromExpected(expected: ExpectedEntry): Record<string, unknown> {
  const ms = (time: number | null) =>
    time === null ? null : Math.abs(time) < 9e9 ? Math.round(time * 1e6) / 1e3 : time * 1e3;
  return {
    key: expected.key,
    proxyUrl: expected.proxy_url,
    username: expected.username,
    password: expected.password,
    source: expected.source,
    fetchTime: ms(expected.fetch_time),
    lastAccessed: ms(expected.last_accessed),
    accessCount: expected.access_count,
    ttlSeconds: expected.ttl_seconds,
    expiresAt: ms(expected.expires_at),
    healthStatus: expected.health_status,
    failureCount: expected.failure_count,
    evictedFromL1: expected.evicted_from_l1,
    lastHealthCheck: ms(expected.last_health_check),
    consecutiveHealthFailures: expected.consecutive_health_failures,
    consecutiveHealthSuccesses: expected.consecutive_health_successes,
    recoveryAttempt: expected.recovery_attempt,
    nextCheckTime: ms(expected.next_check_time),
    lastHealthError: expected.last_health_error,
    totalHealthChecks: expected.total_health_checks,
    totalHealthCheckFailures: expected.total_health_check_failures,
    labels: {},
  };
}

/** Runs plain SQL on a file through a connection of its own, as another program would. */
export function withDatabase<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}
