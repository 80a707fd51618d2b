import type { CacheEntry, CacheTier, MaybePromise } from '@pw/cache-models';
import type { SideValues } from '@pw/cache-models/tier';
import { expectTypeOf } from 'vitest';
import {
  DiskCacheTier,
  type DiskCacheTierOptions,
  type JsonlMigration,
  SqliteCacheTier,
  type SqliteCacheTierOptions,
  type SqliteTierOptions,
} from '../../src/index.ts';

declare const disk: DiskCacheTier;
declare const sqlite: SqliteCacheTier;
declare const entry: CacheEntry;

// Both tiers implement the contract.
expectTypeOf(disk).toExtend<CacheTier>();
expectTypeOf(sqlite).toExtend<CacheTier>();

// They are synchronous: reads return values, writes may return promises.
expectTypeOf(disk.get('k')).toEqualTypeOf<CacheEntry | undefined>();
expectTypeOf(sqlite.get('k')).toEqualTypeOf<CacheEntry | undefined>();
expectTypeOf(sqlite.putSoon('k', entry)).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(sqlite.cleanupExpired()).toExtend<MaybePromise<number>>();
expectTypeOf(disk.sideValues).toEqualTypeOf<SideValues>();
expectTypeOf(disk.migrateFromJsonl('folder')).toEqualTypeOf<JsonlMigration>();

// Options.
expectTypeOf<DiskCacheTierOptions>().toExtend<SqliteTierOptions>();
expectTypeOf<SqliteCacheTierOptions>().toExtend<SqliteTierOptions>();
expectTypeOf<SqliteTierOptions['durability']>().toEqualTypeOf<'normal' | 'full' | undefined>();
expectTypeOf<SqliteTierOptions['whenLocked']>().toEqualTypeOf<'block' | 'promise' | undefined>();
new DiskCacheTier({ maxEntries: null, directory: 'folder', durability: 'full', busyTimeoutMs: 5 });
new SqliteCacheTier({ path: 'file.db', healthRetention: { maxRecordsPerKey: null, maxAgeMs: null } });

// @ts-expect-error: the folder is required
new DiskCacheTier({});
// @ts-expect-error: the options are required
new DiskCacheTier();
// @ts-expect-error: a database has a path, not a folder
new SqliteCacheTier({ directory: 'folder' });
// @ts-expect-error: an unknown option
new DiskCacheTier({ directory: 'folder', durabilty: 'full' });
// @ts-expect-error: the second level has no health checks
new DiskCacheTier({ directory: 'folder', healthRetention: {} });
// @ts-expect-error: an unknown durability
new DiskCacheTier({ directory: 'folder', durability: 'paranoid' });
// @ts-expect-error: an unknown member of a nested object
new SqliteCacheTier({ path: 'file.db', healthRetention: { maxRecords: 5 } });
// @ts-expect-error: a path alone is not an options object
new SqliteCacheTier('file.db');

// What belongs to the implementation is not public.
// @ts-expect-error: protected
void disk.transact;
// @ts-expect-error: protected
void sqlite.withStore;
// @ts-expect-error: only the third level can be queried
void disk.query;
// @ts-expect-error: only the second level is migrated from JSON Lines
void sqlite.migrateFromJsonl;
