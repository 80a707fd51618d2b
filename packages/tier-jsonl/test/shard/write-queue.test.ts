import { CacheEntry } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { JsonlCacheTier } from '../../src/index.ts';

it('a write that arrives just as the queue of its shard becomes empty is not lost', async () => {
  const tier = new JsonlCacheTier({ maxEntries: 20, directory: makeTempDir(onTestFinished) });
  onTestFinished(() => tier.close());
  const entries = Array.from({ length: 60 }, (_, i) => CacheEntry.create({ proxyUrl: `http://h.example:${i + 1}` }));
  // A full tier evicts from other shards at every put, so its puts are answered at other moments than plain writes.
  for (let round = 0; round < 3; round++) {
    for (const entry of entries) {
      expect(await tier.get(entry.key)).toBeUndefined();
      expect(await tier.put(entry.key, entry)).toBe(true);
    }
  }
  expect(await tier.size()).toBe(20);
}, 10_000);
