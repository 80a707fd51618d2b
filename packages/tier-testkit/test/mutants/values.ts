import { CacheEntry, type CacheEntryFields, type ProxyRecord } from '@pw/cache-models';
import { FileTable } from '../tiers/file/file-table.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

/** A tier that changes entries as it stores them. */
function keeping(change: (entry: CacheEntry) => Partial<Record<keyof CacheEntryFields, unknown>>) {
  return class extends MapTier {
    protected override takeIn(entry: CacheEntry): CacheEntry {
      return CacheEntry.restore({ ...entry.toFields(), ...change(entry) } as CacheEntryFields);
    }
  };
}

/** A tier that changes records as it writes them. */
function writing(change: (record: ProxyRecord) => Partial<Record<keyof ProxyRecord, unknown>>) {
  return class extends FileTable {
    protected override encoded(entry: CacheEntry): ProxyRecord {
      const record = super.encoded(entry);
      return { ...record, ...change(record) } as ProxyRecord;
    }
  };
}

const mapTexts = (entry: CacheEntry, change: (text: string) => string) => ({
  source: change(entry.source),
  lastHealthError: entry.lastHealthError === null ? null : change(entry.lastHealthError),
});

const FIELD = ['fields', 'keeps every field in its place'] as const;
const NULL = ['fields', 'distinguishes null from an empty string and from zero'] as const;
const NUMBER = ['fields', 'keeps every digit of a large number'] as const;
const TEXT = ['fields', 'keeps long strings whole'] as const;

export const valueMutants: readonly Mutant[] = [
  plant(
    'times-to-the-millisecond',
    'Rounds times to the millisecond.',
    ['fields', 'keeps the microseconds of a time'],
    keeping(({ fetchTime, lastAccessed }) => ({
      fetchTime: Math.round(fetchTime),
      lastAccessed: Math.round(lastAccessed),
    })),
  ),
  plant(
    'times-to-the-second',
    'Rounds times to the second.',
    ['fields', 'keeps every field in its place'],
    keeping(({ fetchTime }) => ({ fetchTime: Math.floor(fetchTime / 1000) * 1000 })),
  ),
  plant(
    'deadline-to-the-millisecond',
    'Rounds the deadline to the millisecond.',
    ['fields', 'keeps the microseconds of a deadline'],
    keeping(({ expiresAt }) => ({ expiresAt: Math.floor(expiresAt) })),
  ),
  plant(
    'null-to-undefined',
    'Returns undefined for null.',
    NULL,
    keeping((entry) => ({ lastHealthCheck: entry.lastHealthCheck ?? undefined })),
  ),
  plant(
    'null-to-empty',
    'Returns an empty string for null.',
    NULL,
    keeping((entry) => ({ lastHealthError: entry.lastHealthError ?? '' })),
  ),
  plant(
    'null-to-zero',
    'Returns 0 for null.',
    NULL,
    keeping((entry) => ({ nextCheckTime: entry.nextCheckTime ?? 0 })),
  ),
  plant(
    'empty-to-null',
    'Returns null for an empty string.',
    NULL,
    keeping((entry) => ({ lastHealthError: entry.lastHealthError || null })),
  ),
  plant(
    'zero-to-null',
    'Returns null for a time of 0, the start of 1970.',
    NULL,
    keeping((entry) => ({ lastHealthCheck: entry.lastHealthCheck || null })),
  ),
  plant(
    'numbers-in-float32',
    'Stores counts as 32-bit floats.',
    NUMBER,
    keeping(({ accessCount }) => ({ accessCount: Math.fround(accessCount) })),
  ),
  plant(
    'numbers-in-int32',
    'Stores counts as 32-bit integers.',
    NUMBER,
    keeping(({ totalHealthChecks }) => ({ totalHealthChecks: totalHealthChecks | 0 })),
  ),
  plant(
    'long-strings-cut',
    'Truncates strings at 65,535 characters.',
    TEXT,
    keeping(({ lastHealthError }) => ({ lastHealthError: lastHealthError?.slice(0, 65_535) ?? null })),
  ),
  plant(
    'strings-end-at-nul',
    'Ends a string at a NUL, as C does.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.split('\0', 1)[0]!)),
  ),
  plant(
    'strings-without-emoji',
    'Loses characters above U+FFFF, as three-byte UTF-8 does.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, '?'))),
  ),
  plant(
    'strings-in-latin-1',
    'Stores strings in Latin-1.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => Buffer.from(text, 'latin1').toString('latin1'))),
  ),
  plant(
    'strings-trimmed',
    'Trims strings.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.trim())),
  ),
  plant(
    'line-ends-changed',
    'Converts CRLF to LF.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.replaceAll('\r\n', '\n'))),
  ),
  plant(
    'strings-normalised',
    'Normalises strings to Unicode normal form C.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.normalize())),
  ),
  plant(
    'url-normalised',
    'Returns the URL as a URL parser prints it.',
    ['fields', 'keeps the URL of a proxy'],
    keeping(({ proxyUrl }) => ({ proxyUrl: new URL(proxyUrl).href.replace(/\/$/, '') })),
  ),
  plant(
    'fields-swapped',
    'Swaps the counts of consecutive failures and successes.',
    FIELD,
    keeping((entry) => ({
      consecutiveHealthFailures: entry.consecutiveHealthSuccesses,
      consecutiveHealthSuccesses: entry.consecutiveHealthFailures,
    })),
  ),
  plant(
    'password-only-with-a-user',
    'Loses a password without a username.',
    NULL,
    keeping((entry) => ({ password: entry.username === null ? null : entry.password })),
  ),
  plant(
    'unknown-status',
    'Supports only the health statuses healthy and unhealthy.',
    ['fields', 'keeps every health status'],
    keeping(({ healthStatus }) => ({ healthStatus: healthStatus === 'healthy' ? 'healthy' : 'unhealthy' })),
  ),
  plant(
    'flags-as-numbers',
    'Returns 0 and 1 for false and true.',
    FIELD,
    keeping(({ evictedFromL1 }) => ({ evictedFromL1: Number(evictedFromL1) })),
  ),
  plant(
    'health-dropped-on-overwrite',
    'Keeps the health of the old entry when it is replaced.',
    ['basics', 'replaces every field of an entry'],
    class extends MapTier {
      protected override store(key: string, entry: CacheEntry): boolean {
        const old = this.live(key)?.entry;
        const { failureCount = entry.failureCount } = old ?? {};
        return super.store(key, entry.with({ failureCount }));
      }
    },
  ),
  plantInTable(
    'field-without-a-column',
    'Has no column for the time of the next check.',
    FIELD,
    writing(() => ({ next_check_time: null })),
  ),
  plantInTable(
    'health-without-a-column',
    'Has no columns for the health of an entry, like the second tier of ProxyWhirl.',
    FIELD,
    writing(() => ({ recovery_attempt: 0, total_health_checks: 0, total_health_check_failures: 0 })),
  ),
  plantInTable(
    'seconds-in-the-file',
    'Writes times as whole seconds.',
    ['fields', 'keeps the microseconds of a time'],
    writing(({ fetch_time }) => ({ fetch_time: fetch_time.replace(/\.\d+/, '') })),
  ),
];
