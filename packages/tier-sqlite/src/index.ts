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
export type { DiskCacheTierOptions } from './disk-cache-tier.ts';
export { DiskCacheTier } from './disk-cache-tier.ts';
export type { FilterMember } from './filter-indexes.ts';
export { FILTER_INDEXES, ORDER_INDEXES } from './filter-indexes.ts';
export type { HealthRetention } from './health-retention.ts';
export type { HealthSummary, HealthWindow, ResponseTimes } from './health-summary.ts';
export type { JsonlMigration, JsonlMigrationOptions, JsonlMigrationProgress } from './migrate-from-jsonl.ts';
export type { Durability } from './open-database.ts';
export type { SqliteCacheTierOptions } from './sqlite-cache-tier.ts';
export { SqliteCacheTier } from './sqlite-cache-tier.ts';
export type { SqliteTierOptions } from './sqlite-tier-options.ts';
