/** Public functions that are not tried, by the names of `Call`, each with the reason. */
export const OMISSIONS: Readonly<Record<string, string>> = {
  CacheManager: 'its constructor is private: CacheManager.open makes one',
  'CacheManager.generateCacheKey': 'is the function generateCacheKey of cache-models',
  'DiskCacheTier#write': 'protected: how the tiers of this package reach their table',
  'DiskCacheTier#writeNow': 'protected: how the tiers of this package reach their table',
  'DiskCacheTier#read': 'protected: how the tiers of this package reach their table',
  'DiskCacheTier#readable': 'protected: how the tiers of this package reach their table',
  'SqliteCacheTier#write': 'protected: how the tiers of this package reach their table',
  'SqliteCacheTier#writeNow': 'protected: how the tiers of this package reach their table',
  'SqliteCacheTier#read': 'protected: how the tiers of this package reach their table',
  'SqliteCacheTier#readable': 'protected: how the tiers of this package reach their table',
};
