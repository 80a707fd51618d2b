import type { CacheEntry } from '@pw/cache-models';

/** The store of a tier without marks, in memory, for any number of {@link PluginTier}s. */
export class PluginStore {
  readonly entries = new Map<string, CacheEntry>();
}
