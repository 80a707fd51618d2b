/** Public functions that are not tried, by the names of `Call`, each with the reason. */
export const OMISSIONS: Readonly<Record<string, string>> = {
  CacheManager: 'its constructor is private: CacheManager.open makes one',
  'CacheManager.generateCacheKey': 'is the function generateCacheKey of cache-models',
};
