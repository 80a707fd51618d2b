import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheTierConfigInput } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type WarmOptions } from '../../../src/index.ts';
import { EvictionWatch } from '../../../src/transfer/import/batch/eviction-watch.ts';
import { entryOf } from '../../support/stack.ts';

const WRONG = 'not a proxy:99999';
const rowsOf = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `http://h${from + i}.example:80`);

async function cacheOf(...tiers: CacheTierConfigInput[]) {
  const logger = new RecordingLogger();
  const cache = await CacheManager.open({
    tiers: tiers.map((config) => (context) => new MemoryCacheTier(config, context)),
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

describe('an import logs', () => {
  it('each problem as a warning with its line', async () => {
    const { logger, warm } = await cacheOf({});
    const { problems } = await warm([WRONG, 'http://h.example:80', WRONG]);
    expect(problems.map(({ line }) => line)).toEqual([1, 3]);
    expect(logger.lines).toEqual(
      problems.map(({ line, reason }) => ({
        level: 'warn',
        fields: { operation: 'import', file: expect.stringContaining('list.txt'), line },
        message: `import: ${reason}`,
      })),
    );
  });

  it('the first hundred problems, and how many more there were', async () => {
    const { logger, warm } = await cacheOf({});
    const { problems, problemCount } = await warm(Array.from({ length: 150 }, () => WRONG));
    expect({ kept: problems.length, problemCount }).toEqual({ kept: 100, problemCount: 150 });
    expect(logger.lines).toHaveLength(101);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', message: 'import: 50 more problems not logged' });
  });

  it('a file that cannot be read', async () => {
    const { cache, logger } = await cacheOf({});
    await cache.warmFromFile('/nowhere/list.txt');
    expect(logger.lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('cannot be read') }]);
  });

  it('no password', async () => {
    const { logger, warm } = await cacheOf({});
    await warm(['http://ann:hunter2@h.example:80', 'http://ann:hunter3@h.example:80', 'ann:hunter4@nowhere']);
    expect(logger.lines.length).toBeGreaterThan(0);
    expect(logger.text).not.toMatch(/hunter/);
  });
});

describe('an import that evicts what it just loaded', () => {
  it('says how many, and what the tiers hold', async () => {
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

  it('says nothing where a lower tier has no limit', async () => {
    const { warm } = await cacheOf({ maxEntries: 10 }, {});
    expect(await warm(rowsOf(300))).toMatchObject({ loaded: 300, problemCount: 0 });
  });

  it('says nothing where only older entries had to go', async () => {
    const { warm } = await cacheOf({ maxEntries: 200 });
    await warm(rowsOf(150));
    expect(await warm(rowsOf(150, 150))).toMatchObject({ loaded: 150, problemCount: 0 });
  });

  it('counts right over many more rows than it remembers', async () => {
    const { warm } = await cacheOf({ maxEntries: 10 });
    const { problems } = await warm(rowsOf(5000), { batchSize: 100 });
    expect(problems[0]?.reason).toMatch(/^4,990 of the 5,000 entries/);
  });
});

describe('the watch over evictions', () => {
  it('remembers no more keys than it may, and says then that there are at least so many', async () => {
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

  it('counts no entry that has expired', async () => {
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
