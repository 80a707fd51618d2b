import type { CacheEntry } from '@pw/cache-models';
import { expectTypeOf } from 'vitest';
import {
  type EntryFilter,
  type EntryOrder,
  type EntryPage,
  FILTER_INDEXES,
  type FilterMember,
  type HealthRecord,
  type HealthSummary,
  type HealthWindow,
  ORDER_INDEXES,
  type ResponseTimes,
  type SqliteCacheTier,
} from '../../src/index.ts';

declare const tier: SqliteCacheTier;

// Queries.
expectTypeOf(tier.query()).toEqualTypeOf<EntryPage>();
expectTypeOf(tier.query).parameter(0).toEqualTypeOf<EntryFilter | undefined>();
tier.query({ labels: { country: ['DE', 'NL'] }, healthStatus: 'healthy', orderBy: 'leastUsed', limit: 10 });
// @ts-expect-error: an unknown member
tier.query({ country: 'DE' });
// @ts-expect-error: an unknown order
tier.query({ orderBy: 'password' });
// @ts-expect-error: an unknown status
tier.query({ healthStatus: 'ill' });

// Each member and each order has an index, or null.
expectTypeOf(FILTER_INDEXES).toEqualTypeOf<Readonly<Record<FilterMember, string | null>>>();
expectTypeOf(ORDER_INDEXES).toEqualTypeOf<Readonly<Record<EntryOrder, string | null>>>();
expectTypeOf<'labels'>().toExtend<FilterMember>();
expectTypeOf<'limit'>().not.toExtend<FilterMember>();
// @ts-expect-error: read-only
FILTER_INDEXES.labels = null;

// Health checks.
expectTypeOf(tier.recordHealthCheck).returns.toEqualTypeOf<CacheEntry | undefined>();
tier.recordHealthCheck('k', { status: 'healthy', responseTimeMs: 84, checkUrl: 'https://example.com' });
// @ts-expect-error: an unknown status
tier.recordHealthCheck('k', { status: 'ill', responseTimeMs: 84, checkUrl: 'https://example.com' });
expectTypeOf(tier.healthHistory('k')).toEqualTypeOf<HealthRecord[]>();
expectTypeOf(tier.healthSummary('k')).toEqualTypeOf<HealthSummary>();
expectTypeOf<HealthSummary['uptime']>().toEqualTypeOf<number | null>();
expectTypeOf<HealthSummary['responseTimeMs']>().toEqualTypeOf<ResponseTimes | null>();
expectTypeOf(tier.healthSummary).parameter(1).toEqualTypeOf<HealthWindow | undefined>();
tier.healthSummary('k', { since: new Date(0), until: Date.now() });
// @ts-expect-error: a time is a number, a date or a string
tier.healthSummary('k', { since: true });
// @ts-expect-error: an unknown member
tier.healthSummary('k', { from: 0 });
