import { CacheEntry } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { JsonlCacheTier } from '../../src/index.ts';

it('forgets no write that arrives in the very moment when a shard’s queue runs dry', async () => {
  const tier = new JsonlCacheTier({ maxEntries: 20 }, { directory: makeTempDir(onTestFinished) });
  onTestFinished(() => tier.close());
  const entries = Array.from({ length: 60 }, (_, i) => CacheEntry.create({ proxyUrl: `http://h.example:${i + 1}` }));
  // A full tier evicts from other shards at every put: their answers come at other moments than a plain write's.
  for (let round = 0; round < 3; round++) {
    for (const entry of entries) {
      expect(await tier.get(entry.key)).toBeUndefined();
      expect(await tier.put(entry.key, entry)).toBe(true);
    }
  }
  expect(await tier.size()).toBe(20);
}, 10_000);
