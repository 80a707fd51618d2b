import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheTierConfigInput } from '@pw/cache-models';
import { makeTempDir, RecordingLogger } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, type WarmOptions } from '../../../src/index.ts';

const WRONG = 'not a proxy:99999';

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

describe('an import logs', () => {
  it('each problem as a warning with its line', async () => {
    const { logger, warm } = await cacheOf({});
    const { problems } = await warm([WRONG, 'http://h.example:80', WRONG]);
    expect(problems.map(({ line }) => line)).toEqual([1, 3]);
    expect(logger.lines).toMatchObject(
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
