export type {
  CountRange,
  EntryFilter,
  EntryOrder,
  EntryPage,
  HealthCheckResult,
  HealthHistoryOptions,
  HealthRecord,
  HealthSchedule,
  TimeRange,
} from '@pw/cache-models';
export type { Durability } from './database/durability.ts';
export { DiskCacheTier } from './disk-cache-tier.ts';
export type { HealthRetention } from './health/retention-options.ts';
export type { HealthSummary, HealthWindow, ResponseTimes } from './health/summary-shape.ts';
export type { JsonlMigration, JsonlMigrationOptions, JsonlMigrationProgress } from './migration/migrate-from-jsonl.ts';
export type { FilterMember } from './query/filter-indexes.ts';
export { FILTER_INDEXES, ORDER_INDEXES } from './query/filter-indexes.ts';
export { SqliteCacheTier } from './sqlite-cache-tier.ts';
export type { DiskCacheTierOptions, SqliteCacheTierOptions, SqliteTierOptions } from './sqlite-tier-options.ts';
