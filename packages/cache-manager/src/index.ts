export type { CacheEventListener, CacheEventMap, CacheEventName } from './cache-events.ts';
export type { CacheLoader, CacheLookup, PutResult } from './cache-manager.ts';
export { CacheManager } from './cache-manager.ts';
export type { CacheManagerOptions, NamedTier } from './manager-options.ts';
export type { OpenCacheOptions } from './open-cache.ts';
export { openCache } from './open-cache.ts';
export type { Sweepable, TtlManagerOptions } from './ttl-manager.ts';
export { TtlManager } from './ttl-manager.ts';
