const PRIVATE = 'its constructor is private: what makes one is tried';
const PROTECTED = 'protected: how the tiers of its package reach their table';

/** Public functions that are not tried, named as in `Call`, each with the reason. */
export const OMISSIONS: Readonly<Record<string, string>> = {
  CacheEntry: PRIVATE,
  Secret: PRIVATE,
  CacheManager: PRIVATE,
  'CacheManager.generateCacheKey': 'is the function generateCacheKey of cache-models',
  'DiskCacheTier#write': PROTECTED,
  'DiskCacheTier#writeNow': PROTECTED,
  'DiskCacheTier#read': PROTECTED,
  'DiskCacheTier#readable': PROTECTED,
  'SqliteCacheTier#write': PROTECTED,
  'SqliteCacheTier#writeNow': PROTECTED,
  'SqliteCacheTier#read': PROTECTED,
  'SqliteCacheTier#readable': PROTECTED,
};
