const PRIVATE = 'its constructor is private: the functions that create instances are tried instead';
const DOUBLE = 'for tests only: trusts its caller';
const PROTECTED = 'protected: for the other classes of its package';

const FAST = 'protected: BaseTier calls it with arguments that it has checked';

/** Public functions that are not tried, named as in `Call`, each with the reason. */
export const OMISSIONS: Readonly<Record<string, string>> = {
  addHits: 'computes with the counts of foreign records, which may be any value, and must not throw',
  CacheEntry: PRIVATE,
  Secret: PRIVATE,
  CacheManager: PRIVATE,
  'CacheManager.generateCacheKey': 'is the function generateCacheKey of cache-models, which is tried',
  TestCipher: DOUBLE,
  'TestCipher#encrypt': DOUBLE,
  'TestCipher#decrypt': DOUBLE,
  'TestCipher#stateOf': DOUBLE,
  'MemoryCacheTier#fastGet': FAST,
  'MemoryCacheTier#fastPut': FAST,
  'MemoryCacheTier#fastPeek': FAST,
  'DiskCacheTier#transact': PROTECTED,
  'DiskCacheTier#transactSync': PROTECTED,
  'DiskCacheTier#withStore': PROTECTED,
  'DiskCacheTier#decodeRows': PROTECTED,
  'SqliteCacheTier#transact': PROTECTED,
  'SqliteCacheTier#transactSync': PROTECTED,
  'SqliteCacheTier#withStore': PROTECTED,
  'SqliteCacheTier#decodeRows': PROTECTED,
};
