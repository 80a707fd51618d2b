import { CacheEntry, type CacheEntryFields } from '@pw/cache-models';

/** 2026-06-01T00:00:00Z, where ManualClock starts. */
export const START = Date.parse('2026-06-01T00:00:00Z');
export const HOUR = 3_600_000;

const sample = CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080', key: 'sample', fetchTime: START });

/** An entry that lives for an hour from START by default. */
export function makeEntry(key: string, fields: Partial<CacheEntryFields> = {}): CacheEntry {
  return CacheEntry.restore({ ...sample.toFields(), key, ...fields });
}
