import { expectTypeOf } from 'vitest';
import {
  DiskCacheTier,
  type Durability,
  type HealthHistoryOptions,
  type HealthRetention,
  type HealthSchedule,
  type JsonlMigrationOptions,
  type JsonlMigrationProgress,
  type SqliteCacheTierOptions,
  type SqliteTierOptions,
} from '../../src/index.ts';

expectTypeOf<Durability>().toEqualTypeOf<'normal' | 'full'>();
// No limit is null.
expectTypeOf<SqliteTierOptions['maxBlockMs']>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<HealthRetention['maxAgeMs']>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<HealthRetention['maxRecordsPerKey']>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<SqliteCacheTierOptions['healthSchedule']>().toEqualTypeOf<HealthSchedule | undefined>();
expectTypeOf<SqliteCacheTierOptions['healthRetention']>().toEqualTypeOf<HealthRetention | undefined>();
expectTypeOf<{ limit: '5' }>().not.toExtend<HealthHistoryOptions>();
expectTypeOf<NonNullable<JsonlMigrationOptions['onProgress']>>().parameter(0).toEqualTypeOf<JsonlMigrationProgress>();
// @ts-expect-error: one options object
new DiskCacheTier({ directory: 'd' }, { maxEntries: 5 });
