import type { CacheEntry, CacheStatistics, CacheTier, EntryPage, HealthRecord, Secret } from '@pw/cache-models';
import { expectTypeOf } from 'vitest';
import {
  type CacheLookup,
  CacheManager,
  type EXPORT_CREDENTIALS,
  type ExportCredentials,
  type FilePreview,
  openCache,
  type PROXY_FILE_FORMATS,
  type ProxyFileFormat,
  type PutResult,
  previewFile,
  type SyncResult,
  TtlManager,
  type WarmProblem,
  type WarmResult,
} from '../../src/index.ts';

declare const cache: CacheManager;
declare const entry: CacheEntry;
declare const tier: CacheTier;

// Opening.
expectTypeOf(openCache({})).toEqualTypeOf<Promise<CacheManager>>();
void openCache({ l2Backend: 'sqlite' }, { required: ['l3'], onTierError: 'throw' });
// @ts-expect-error: an unknown backend
void openCache({ l2Backend: 'redis' });
// @ts-expect-error: a misspelt option
void openCache({}, { loger: console });
void CacheManager.open({ tiers: [tier, () => tier, { name: 'base', tier, maxTtlSeconds: 60 }] });
// @ts-expect-error: tiers are required
void CacheManager.open({});
// @ts-expect-error: a named tier needs a tier
void CacheManager.open({ tiers: [{ name: 'base' }] });
// @ts-expect-error: a cache is opened, not constructed
new CacheManager({ tiers: [tier] });

// Reading: promises, except for the two that only look into the first tier.
expectTypeOf(cache.get('k')).toEqualTypeOf<Promise<CacheEntry | undefined>>();
expectTypeOf(cache.lookup('k')).toEqualTypeOf<Promise<CacheLookup | undefined>>();
expectTypeOf(cache.peek('k')).toEqualTypeOf<CacheEntry | undefined>();
expectTypeOf(cache.has('k')).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(cache.getMany(['k'])).toEqualTypeOf<Promise<Map<string, CacheEntry>>>();
expectTypeOf(cache.peekMany(['k'])).toEqualTypeOf<Map<string, CacheEntry>>();
expectTypeOf(cache.query()).toEqualTypeOf<Promise<EntryPage>>();
expectTypeOf(cache.entries()).toExtend<AsyncIterable<CacheEntry>>();
expectTypeOf(entry.password).toEqualTypeOf<Secret | null>();
// @ts-expect-error: a key is a string
void cache.get(1);
// @ts-expect-error: an unknown member of the filter
void cache.query({ country: 'DE' });

// Writing.
expectTypeOf(cache.put('k', entry)).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(cache.put(entry)).toEqualTypeOf<Promise<boolean>>();
expectTypeOf(cache.putDetailed(entry)).toEqualTypeOf<Promise<PutResult>>();
// @ts-expect-error: a key needs an entry.
void cache.put('k');
expectTypeOf(cache.putDetailed('k', entry)).toEqualTypeOf<Promise<PutResult>>();
expectTypeOf(cache.putMany([entry])).toEqualTypeOf<Promise<boolean[]>>();
expectTypeOf(cache.deleteMany(['k'])).toEqualTypeOf<Promise<boolean[]>>();
// @ts-expect-error: an entry, not its fields
void cache.put('k', { proxyUrl: 'http://192.0.2.1:80' });
// @ts-expect-error: an entry cannot be changed
entry.source = 'x';

// Loading.
void cache.getOrLoad(
  'k',
  async (_key, { signal }) => {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return entry;
  },
  { timeoutMs: 1000 },
);
// @ts-expect-error: a loader returns an entry
void cache.getOrLoad('k', async () => 'http://192.0.2.1:80');

// Health and events.
expectTypeOf(cache.healthHistory('k')).toEqualTypeOf<Promise<HealthRecord[]>>();
// @ts-expect-error: an unknown status
void cache.recordHealthCheck('k', { status: 'ill' });
cache.on('eviction', (event) => expectTypeOf(event.key).toEqualTypeOf<string>());
// @ts-expect-error: an unknown event
cache.on('evicted', () => {});
expectTypeOf(cache.getStatistics()).toEqualTypeOf<CacheStatistics>();

// Files.
expectTypeOf(cache.warmFromFile('list.txt')).toEqualTypeOf<Promise<WarmResult>>();
expectTypeOf<WarmResult['problems'][number]>().toExtend<WarmProblem>();
expectTypeOf(previewFile('list.txt')).toEqualTypeOf<Promise<FilePreview>>();
expectTypeOf<ProxyFileFormat>().toExtend<(typeof PROXY_FILE_FORMATS)[number]>();
expectTypeOf<ExportCredentials>().toEqualTypeOf<(typeof EXPORT_CREDENTIALS)[number]>();
// @ts-expect-error: an unknown format
void cache.warmFromFile('list.xml', { format: 'xml' });
// @ts-expect-error: an unknown treatment of credentials
void cache.exportToFile('list.csv', { credentials: 'clear' });
expectTypeOf(cache.syncFrom('api', 'list.txt')).toEqualTypeOf<Promise<SyncResult>>();
// @ts-expect-error: a source is required
void cache.syncFrom();

// Cleanup and closing.
new TtlManager(cache, { cleanupInterval: 30 });
// @ts-expect-error: options are an object
new TtlManager(cache, 30);
expectTypeOf<CacheManager>().toExtend<AsyncDisposable>();
