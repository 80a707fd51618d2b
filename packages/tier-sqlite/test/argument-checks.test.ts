import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheConfigError, CacheValidationError, entryToRecord } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { DiskCacheTier, SqliteCacheTier } from '../src/index.ts';
import { KINDS, L2, L3, makeEntry, tempDir } from './support.ts';

const pathsOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(CacheConfigError);
    return (error as CacheConfigError).problems.map(({ path }) => path);
  }
  return 'taken';
};

describe('a constructor', () => {
  it.each([
    [undefined, ['options']],
    [null, ['options']],
    [[], ['options']],
    [{}, ['path']],
    [{ path: 'a\0b', healthRetention: [], healthSchedule: 5 }, ['path', 'healthSchedule', 'healthRetention']],
    [{ path: Object.create(null) as unknown, busyTimeoutMS: 5 }, ['busyTimeoutMS', 'path']],
    [
      { path: 'p', healthRetention: { maxAge: 5, maxAgeMs: Number.NaN }, healthSchedule: { jitter: 2 } },
      ['healthSchedule.jitter', 'healthRetention.maxAge', 'healthRetention.maxAgeMs'],
    ],
    [
      { path: 'p', durability: null, whenLocked: 'wait', maxBlockMs: Number.POSITIVE_INFINITY },
      ['durability', 'maxBlockMs', 'whenLocked'],
    ],
  ])('of SqliteCacheTier lists every problem of %o: %j', (options, paths) => {
    expect(pathsOf(() => new SqliteCacheTier(options as never))).toEqual(paths);
  });

  it.each([
    [undefined, ['options']],
    [{ path: 'p' }, ['path', 'directory']],
    [{ directory: 'blank ', directoryChecks: 'on' }, ['directoryChecks', 'directory']],
  ])('of DiskCacheTier lists every problem of %o: %j', (options, paths) => {
    expect(pathsOf(() => new DiskCacheTier(options as never))).toEqual(paths);
  });
});

describe('an error says what to write instead of', () => {
  type Work = (...args: never[]) => unknown;
  const disk = (...given: unknown[]) => new (DiskCacheTier as unknown as new (...args: unknown[]) => unknown)(...given);
  const sqlite = (...given: unknown[]) =>
    new (SqliteCacheTier as unknown as new (...args: unknown[]) => unknown)(...given);
  const methodOf =
    ({ make }: typeof L2, name: string): Work =>
    (...args) =>
      (make(tempDir()) as unknown as Record<string, Work>)[name]!(...args);

  it.each<[string, Work, unknown[], string]>([
    ['new DiskCacheTier', disk, ['/dir'], "must be an object: write { directory: '…' }"],
    ['new DiskCacheTier', disk, [{ directory: 'd' }, 'l2_file', 'd'], 'arguments[1]: there is one options object'],
    ['new DiskCacheTier', disk, [{ path: 'd' }], 'path: unknown option'],
    ['new SqliteCacheTier', sqlite, ['l3.db'], "must be an object: write { path: '…' }"],
    ['new SqliteCacheTier', sqlite, [{ path: 'p' }, { maxEntries: 5 }], 'write { …, maxEntries }'],
    ['new SqliteCacheTier', sqlite, [{ path: 'p', busyTimeout: 5 }], 'did you mean busyTimeoutMs?'],
    ['new SqliteCacheTier', sqlite, [{ path: 'p', healthRetention: 5 }], 'such as { maxRecordsPerKey, maxAgeMs }'],
    ['new SqliteCacheTier', sqlite, [{ path: 'p', healthRetention: { maxAge: 5 } }], 'did you mean maxAgeMs?'],
    ['new SqliteCacheTier', sqlite, [{ path: 'p', healthSchedule: { interval: 5 } }], 'did you mean intervalMs?'],
    ['migrateFromJsonl', methodOf(L2, 'migrateFromJsonl'), ['d', () => {}], 'write { onProgress }'],
    ['migrateFromJsonl', methodOf(L2, 'migrateFromJsonl'), ['d', { progress: 1 }], 'did you mean onProgress?'],
    [
      'healthSummary',
      methodOf(L3, 'healthSummary'),
      ['k', 5],
      'window: must be an object: write { since: 5 } or { until: 5 }',
    ],
    [
      'healthSummary',
      methodOf(L3, 'healthSummary'),
      ['k', { from: 5 }],
      'from: unknown option; known are since, until',
    ],
    ['healthHistory', methodOf(L3, 'healthHistory'), ['k', 5], 'options: must be an object: write { limit: 5 }'],
    ['healthHistory', methodOf(L3, 'healthHistory'), ['k', { limits: 5 }], 'did you mean limit?'],
    ['query', methodOf(L3, 'query'), [{ sources: 'x' }], 'did you mean source?'],
  ])('an argument of %s', (_name, work, given, words) => {
    expect(() => work(...(given as never[]))).toThrow(words);
  });
});

describe.each(KINDS)('reseal of $name', ({ make }) => {
  it.each([0, -1, 0.5, Number.NaN, '5', null, undefined])(
    'refuses a batch size of %s, and names the argument',
    async (batchSize) => {
      const next = make(tempDir()).reseal!(batchSize as number)
        [Symbol.asyncIterator]()
        .next();
      await expect(next).rejects.toThrow(CacheValidationError);
      await expect(next).rejects.toMatchObject({ problems: [{ path: 'batchSize' }] });
    },
  );
});

describe('a summary of health checks', () => {
  it.each([
    [null, 'window'],
    [[], 'window'],
    [{ from: 5 }, 'from'],
    [{ since: Number.NaN }, 'since'],
    [{ until: null }, 'until'],
  ])('over %j is refused with an error that names %s', (window, path) => {
    const tier = L3.make(tempDir()) as SqliteCacheTier;
    const problem = `health summary: ${path}: `;
    expect(() => tier.healthSummary('k', window as never)).toThrow(CacheValidationError);
    expect(() => tier.healthSummary('k', window as never)).toThrow(problem);
  });
});

describe('a migration', () => {
  it.each([
    [[5], 'directory'],
    [[null], 'directory'],
    [['blank '], 'directory'],
    [[undefined, null], 'options'],
    [[undefined, { onProgress: 5 }], 'onProgress'],
    [[undefined, { progress: () => {} }], 'progress'],
  ])('with %o is refused with an error that names %s', (args, path) => {
    const tier = L2.make(tempDir()) as DiskCacheTier;
    const migrate = () => tier.migrateFromJsonl(...(args as never[]));
    expect(migrate).toThrow(CacheValidationError);
    expect(migrate).toThrow(`${path}: `);
    expect(tier.status).toBe('new');
  });

  it('ignores rejections of an async onProgress', async () => {
    const directory = tempDir();
    writeFileSync(join(directory, 'shard_0.jsonl'), `${JSON.stringify(entryToRecord(makeEntry('k'), undefined))}\n`);
    const onProgress = async () => Promise.reject(new Error('of the listener'));
    const tier = L2.make(directory) as DiskCacheTier;
    expect(tier.migrateFromJsonl(directory, { onProgress })).toMatchObject({ migrated: 1, failed: 0 });
    // An unhandled rejection would have ended this test run by now.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
