import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheTierConfigInput } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type WarmOptions } from '../../../../src/index.ts';
import { EvictionWatch } from '../../../../src/transfer/import/batch/eviction-watch.ts';
import { entryOf } from '../../../support/stack.ts';

const rowsOf = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `http://h${from + i}.example:80`);

async function cacheOf(...tiers: CacheTierConfigInput[]) {
  const logger = new RecordingLogger();
  const cache = await CacheManager.open({
    tiers: tiers.map((config) => (context) => new MemoryCacheTier({ ...config, ...context })),
    logger,
  });
  onTestFinished(() => cache.close());
  const warm = (rows: readonly string[], options: WarmOptions = {}) => {
    const path = join(makeTempDir(onTestFinished), 'list.txt');
    writeFileSync(path, rows.join('\n'));
    return cache.warmFromFile(path, options);
  };
  return { cache, logger, warm };
}

describe('an import that evicts entries that it has just loaded', () => {
  it('reports how many, and the capacity', async () => {
    const { cache, warm } = await cacheOf({ maxEntries: 100 }, { maxEntries: 180 });
    const result = await warm(rowsOf(300));
    expect(result).toMatchObject({ loaded: 300, problemCount: 1 });
    expect(result.problems).toEqual([
      {
        line: 0,
        reason:
          '120 of the 300 entries just loaded were evicted to make room: the largest tier holds at most 180 entries',
      },
    ]);
    expect(await cache.size()).toBe(180);
  });

  it('reports nothing if a lower tier has no limit', async () => {
    const { warm } = await cacheOf({ maxEntries: 10 }, {});
    expect(await warm(rowsOf(300))).toMatchObject({ loaded: 300, problemCount: 0 });
  });

  it('reports nothing if only older entries were evicted', async () => {
    const { warm } = await cacheOf({ maxEntries: 200 });
    await warm(rowsOf(150));
    expect(await warm(rowsOf(150, 150))).toMatchObject({ loaded: 150, problemCount: 0 });
  });

  it('counts correctly over many more rows than it remembers', async () => {
    const { warm } = await cacheOf({ maxEntries: 10 });
    const { problems } = await warm(rowsOf(5000), { batchSize: 100 });
    expect(problems[0]?.reason).toMatch(/^4,990 of the 5,000 entries/);
  });
});

describe('EvictionWatch', () => {
  it('limits the keys that it remembers, and then reports a lower bound', async () => {
    const there = new Set<string>();
    const watch = new EvictionWatch(
      { capacity: 1000, evictions: () => there.size, hasMany: (keys) => keys.map((key) => there.has(key)) },
      { now: () => 0 },
      100,
    );
    for (let i = 0; i < 300; i++) {
      const entry = entryOf(`k${i}`);
      there.add(entry.key);
      await watch.loaded([entry]);
    }
    expect(await watch.problem()).toBeUndefined();
    for (let i = 0; i < 300; i++) there.delete(`k${i}`);
    there.add('other');
    expect(await watch.problem()).toMatch(/^at least \d+ of the 300 entries/);
  });

  it('does not count expired entries', async () => {
    let evictions = 0;
    const watch = new EvictionWatch(
      { capacity: 10, evictions: () => evictions, hasMany: (keys) => keys.map(() => false) },
      { now: () => Number.MAX_SAFE_INTEGER },
    );
    await watch.loaded([entryOf('gone')]);
    evictions = 1;
    expect(await watch.problem()).toBeUndefined();
  });
});
