import { describe, expectTypeOf, it } from 'vitest';
import {
  CacheEntry,
  type CacheEntryFields,
  type CacheEntryInput,
  type EntryFilter,
  type EntryLabels,
  type HealthStatus,
  type InstantInput,
  Secret,
} from '../../src/index.ts';
import { queryEntries, toInstant } from '../../src/tier/index.ts';

describe('types of CacheEntry', () => {
  const entry = CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080' });

  it('requires proxyUrl only', () => {
    expectTypeOf<{ proxyUrl: string }>().toExtend<CacheEntryInput>();
    // @ts-expect-error proxyUrl is required
    CacheEntry.create({ source: 'api' });
    // @ts-expect-error an unknown member is refused
    CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080', proxy_url: '' });
    // @ts-expect-error a status outside the five is refused
    CacheEntry.create({ proxyUrl: 'http://192.0.2.1:8080', healthStatus: 'ok' });
    // @ts-expect-error the constructor is private: use create
    new CacheEntry({}, false);
  });

  it('has readonly fields, with null for absent values', () => {
    expectTypeOf(entry).toExtend<CacheEntryFields>();
    expectTypeOf(entry.username).toEqualTypeOf<Secret | null>();
    expectTypeOf(entry.lastHealthCheck).toEqualTypeOf<number | null>();
    expectTypeOf(entry.healthStatus).toEqualTypeOf<HealthStatus>();
    expectTypeOf(entry.labels).toEqualTypeOf<EntryLabels>();
    // @ts-expect-error an entry is frozen
    entry.accessCount = 1;
    // @ts-expect-error labels are frozen
    entry.labels['country'] = 'DE';
    // @ts-expect-error a credential is a Secret, not a string
    entry.password?.length;
  });

  it('returns a Secret from toUrl unless credentials are left out', () => {
    expectTypeOf(entry.toUrl()).toEqualTypeOf<Secret>();
    expectTypeOf(entry.toUrl({ credentials: false })).toEqualTypeOf<string>();
    // @ts-expect-error a URL with credentials is not a string
    entry.toUrl().startsWith('http');
  });

  it('is recognised by a type guard', () => {
    expectTypeOf(CacheEntry.isCacheEntry).guards.toEqualTypeOf<CacheEntry>();
    expectTypeOf(Secret.isSecret).guards.toEqualTypeOf<Secret>();
    // @ts-expect-error an unknown value is not an entry before it was tested
    ((value: unknown) => value.key)(entry);
  });
});

describe('types of queries', () => {
  it('accept the known orders, schemes and statuses only', () => {
    expectTypeOf<NonNullable<EntryFilter['direction']>>().toEqualTypeOf<'asc' | 'desc'>();
    expectTypeOf(queryEntries([], {}, 0).cursor).toEqualTypeOf<string | null>();
    // @ts-expect-error an unknown order is refused
    queryEntries([], { orderBy: 'age' }, 0);
    // @ts-expect-error an unknown scheme is refused
    queryEntries([], { protocol: 'ftp' }, 0);
    // @ts-expect-error the time is required
    queryEntries([], {});
  });

  it('accept times as numbers, dates and strings', () => {
    expectTypeOf<InstantInput>().toEqualTypeOf<number | Date | string>();
    expectTypeOf(toInstant).returns.toEqualTypeOf<number | undefined>();
    // @ts-expect-error a boolean is not a time
    toInstant(true);
  });
});
