const PRIVATE = 'its constructor is private: what makes one is tried';
const PROTECTED = 'protected: how the tiers of its package reach their table';

/** Public functions that are not tried, named as in `Call`, each with the reason. */
export const OMISSIONS: Readonly<Record<string, string>> = {
  CacheEntry: PRIVATE,
  Secret: PRIVATE,
  CacheManager: PRIVATE,
  'CacheManager.generateCacheKey': 'is the function generateCacheKey of cache-models',
  'DiskCacheTier#transact': PROTECTED,
  'DiskCacheTier#transactSync': PROTECTED,
  'DiskCacheTier#withStore': PROTECTED,
  'DiskCacheTier#decodeRows': PROTECTED,
  'SqliteCacheTier#transact': PROTECTED,
  'SqliteCacheTier#transactSync': PROTECTED,
  'SqliteCacheTier#withStore': PROTECTED,
  'SqliteCacheTier#decodeRows': PROTECTED,
};
