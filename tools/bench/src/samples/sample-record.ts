import { CacheEntry, HealthStatus } from '@pw/cache-models';
import { seededRandom } from './random.ts';

const SOURCES = ['free-proxy-list', 'provider-a', 'provider-b', 'geonode', 'manual'];
const SCHEMES = ['http', 'https', 'socks5'];
const STATUSES = [HealthStatus.HEALTHY, HealthStatus.HEALTHY, HealthStatus.UNHEALTHY, HealthStatus.UNKNOWN];
const DAY = 86_400_000;

export interface SampleOptions {
  /** A different seed gives different keys. Default 1. */
  readonly seed?: number;
  /** Number of the first entry, from which addresses are derived. Default 0. */
  readonly first?: number;
  /** Time to live in seconds. Default: ten years, so that nothing expires during a run. */
  readonly ttlSeconds?: number;
}

/** Realistic entries: all 21 fields, two credentials. The same in every run, apart from the current day. */
export function sampleEntries(count: number, options: SampleOptions = {}): CacheEntry[] {
  const { seed = 1, first = 0, ttlSeconds = 315_360_000 } = options;
  const random = seededRandom(seed);
  const today = Math.floor(Date.now() / DAY) * DAY;
  return Array.from({ length: count }, (_, i) => sampleEntry(first + i, random, today, ttlSeconds));
}

function sampleEntry(i: number, random: () => number, today: number, ttlSeconds: number): CacheEntry {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const whole = (below: number): number => Math.floor(random() * below);
  const fetchTime = today - whole(DAY);
  const host = `${10 + (i >>> 22)}.${(i >>> 14) & 255}.${(i >>> 6) & 255}.${(i & 63) + 1}`;
  const healthy = whole(20);
  return CacheEntry.create({
    proxyUrl: `${pick(SCHEMES)}://${host}:${1024 + whole(60_000)}`,
    username: `customer-${whole(1e6)}`,
    password: `pw-${whole(2 ** 32).toString(36)}-${whole(2 ** 32).toString(36)}`,
    source: pick(SOURCES),
    fetchTime,
    lastAccessed: fetchTime + whole(1e6),
    accessCount: whole(50),
    ttlSeconds,
    expiresAt: fetchTime + ttlSeconds * 1000,
    healthStatus: pick(STATUSES),
    failureCount: whole(3),
    lastHealthCheck: fetchTime + whole(1e6),
    consecutiveHealthFailures: whole(3),
    consecutiveHealthSuccesses: healthy,
    recoveryAttempt: whole(2),
    nextCheckTime: fetchTime + whole(1e7),
    lastHealthError: whole(3) === 0 ? 'connect ETIMEDOUT' : null,
    totalHealthChecks: healthy + 3,
    totalHealthCheckFailures: 3,
  });
}

/** All fields of an entry, secrets revealed, for comparison between contenders. */
export function plainRecord(entry: CacheEntry | undefined): Record<string, unknown> | undefined {
  if (entry === undefined) return undefined;
  return {
    ...entry.toFields(),
    username: entry.username?.reveal() ?? null,
    password: entry.password?.reveal() ?? null,
  };
}

/** As {@link plainRecord}, without what a hit changes: the access count and time. */
export function steadyRecord(entry: CacheEntry | undefined): Record<string, unknown> | undefined {
  const { accessCount, lastAccessed, ...steady } = plainRecord(entry) ?? {};
  return entry === undefined ? undefined : steady;
}
