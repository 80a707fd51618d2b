import { CacheEntry, type CacheEntryFields, type ProxyRecord } from '@pw/cache-models';
import { FileTable } from '../tiers/file/file-table.ts';
import { MapTier } from '../tiers/map-tier.ts';
import { type Mutant, plant, plantInTable } from './mutant.ts';

/** A tier that keeps something else than the entry that is put. */
function keeping(change: (entry: CacheEntry) => Partial<Record<keyof CacheEntryFields, unknown>>) {
  return class extends MapTier {
    protected override takeIn(entry: CacheEntry): CacheEntry {
      return CacheEntry.restore({ ...entry, ...change(entry) } as CacheEntryFields);
    }
  };
}

/** A tier that writes something else in its file than the record of the entry. */
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
const NULL = ['fields', 'tells null from an empty string and from zero'] as const;
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
    'Gives undefined where null was put.',
    NULL,
    keeping((entry) => ({ lastHealthCheck: entry.lastHealthCheck ?? undefined })),
  ),
  plant(
    'null-to-empty',
    'Gives an empty text where null was put.',
    NULL,
    keeping((entry) => ({ lastHealthError: entry.lastHealthError ?? '' })),
  ),
  plant(
    'null-to-zero',
    'Gives 0 where null was put.',
    NULL,
    keeping((entry) => ({ nextCheckTime: entry.nextCheckTime ?? 0 })),
  ),
  plant(
    'empty-to-null',
    'Gives null where an empty text was put.',
    NULL,
    keeping((entry) => ({ lastHealthError: entry.lastHealthError || null })),
  ),
  plant(
    'zero-to-null',
    'Gives null for a time of 0, the first moment of 1970.',
    NULL,
    keeping((entry) => ({ lastHealthCheck: entry.lastHealthCheck || null })),
  ),
  plant(
    'numbers-in-float32',
    'Keeps counts in 32-bit floats.',
    NUMBER,
    keeping(({ accessCount }) => ({ accessCount: Math.fround(accessCount) })),
  ),
  plant(
    'numbers-in-int32',
    'Keeps counts in 32 bits.',
    NUMBER,
    keeping(({ totalHealthChecks }) => ({ totalHealthChecks: totalHealthChecks | 0 })),
  ),
  plant(
    'long-texts-cut',
    'Cuts texts at 65,535 characters.',
    TEXT,
    keeping(({ lastHealthError }) => ({ lastHealthError: lastHealthError?.slice(0, 65_535) ?? null })),
  ),
  plant(
    'texts-end-at-nul',
    'Ends a text at a NUL, as C does.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.split('\0', 1)[0]!)),
  ),
  plant(
    'texts-without-emoji',
    'Loses characters beyond U+FFFF, as a three-byte UTF-8 does.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, '?'))),
  ),
  plant(
    'latin-texts',
    'Keeps texts in Latin-1.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => Buffer.from(text, 'latin1').toString('latin1'))),
  ),
  plant(
    'texts-trimmed',
    'Trims texts.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.trim())),
  ),
  plant(
    'line-ends-changed',
    'Makes one newline of a carriage return and a newline.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.replaceAll('\r\n', '\n'))),
  ),
  plant(
    'texts-normalised',
    'Brings texts to Unicode normal form C.',
    ['hostile values', 'keeps an unusual string in a source or an error'],
    keeping((entry) => mapTexts(entry, (text) => text.normalize())),
  ),
  plant(
    'url-normalised',
    'Gives the URL as a URL parser prints it.',
    ['fields', 'keeps the URL of a proxy'],
    keeping(({ proxyUrl }) => ({ proxyUrl: new URL(proxyUrl).href.replace(/\/$/, '') })),
  ),
  plant(
    'fields-swapped',
    'Swaps the two counts of checks in a row.',
    FIELD,
    keeping((entry) => ({
      consecutiveHealthFailures: entry.consecutiveHealthSuccesses,
      consecutiveHealthSuccesses: entry.consecutiveHealthFailures,
    })),
  ),
  plant(
    'password-only-with-a-user',
    'Loses a password that comes without a username.',
    NULL,
    keeping((entry) => ({ password: entry.username === null ? null : entry.password })),
  ),
  plant(
    'unknown-status',
    'Knows no health but healthy and unhealthy.',
    ['fields', 'keeps every health status'],
    keeping(({ healthStatus }) => ({ healthStatus: healthStatus === 'healthy' ? 'healthy' : 'unhealthy' })),
  ),
  plant(
    'flags-as-numbers',
    'Gives 0 and 1 for false and true.',
    FIELD,
    keeping(({ evictedFromL1 }) => ({ evictedFromL1: Number(evictedFromL1) })),
  ),
  plant(
    'health-dropped-on-overwrite',
    'Keeps the health of the entry that was there when it is replaced.',
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
    'Has no columns for the health of an entry, as ProxyWhirl’s second tier.',
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
