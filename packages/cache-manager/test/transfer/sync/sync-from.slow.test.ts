import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CacheEntry, CacheValidationError } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SyncOptions, SyncProgress, SyncRows } from '../../../src/index.ts';
import { LOWEST, openSyncCache, putAll, range, sorted, urlOf, urlsOf } from '../../support/sync-cache.ts';

const NOTHING = { added: 0, updated: 0, kept: 0, adopted: 0, removed: 0, skipped: 0, failed: 0 };
const linesOf = (numbers: readonly number[]) => numbers.map(urlOf);

async function setUp(lowest: (typeof LOWEST)[number] = 'sqlite') {
  const folder = makeTempDir(onTestFinished);
  const cache = await openSyncCache(folder, lowest);
  onTestFinished(() => cache.close());
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return { cache, file, folder };
}

describe.each(LOWEST)('syncFrom, above %s', (lowest) => {
  it('adds, keeps and removes entries so that the source matches the list, and does not affect other sources', async () => {
    const { cache, file } = await setUp(lowest);
    await putAll(cache, 'a', range(0, 20));
    await putAll(cache, 'b', range(100, 120));
    const path = file('a.txt', linesOf(range(5, 25)).join('\n'));
    expect(await cache.syncFrom('a', path)).toEqual({
      ...NOTHING,
      added: 5,
      kept: 15,
      removed: 5,
      problems: [],
      problemCount: 0,
      refused: null,
    });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(5, 25)));
    expect(await urlsOf(cache, 'b')).toEqual(sorted(range(100, 120)));
    for (const { tier } of cache.tiers) {
      const keys = await tier!.keys();
      for (const n of range(0, 5)) expect(keys).not.toContain(CacheEntry.create({ proxyUrl: urlOf(n) }).key);
    }
  });

  it('keeps health, history, access counts and labels, and adds the labels of the list', async () => {
    const { cache } = await setUp(lowest);
    await putAll(cache, 'a', range(0, 4), { labels: { country: 'DE', kind: 'mobile' } });
    const { key } = CacheEntry.create({ proxyUrl: urlOf(1) });
    await cache.recordHealthCheck(key, { status: 'healthy', checkUrl: 'http://check.example' });
    await cache.get(key);
    await cache.get(key);
    const before = (await cache.get(key))!;
    const history = await cache.healthHistory(key);
    const rows = range(0, 4).map((n) => ({ ip: `10.0.0.${n}`, port: 80, country: 'US' }));
    expect(await cache.syncFrom('a', rows)).toMatchObject({ updated: 4, kept: 0, refused: null });
    const after = (await cache.get(key))!;
    expect(after.labels).toEqual({ country: 'US', kind: 'mobile' });
    expect(after.healthStatus).toBe('healthy');
    expect(after.totalHealthChecks).toBe(before.totalHealthChecks);
    expect(after.accessCount).toBe(before.accessCount + 1);
    expect(await cache.healthHistory(key)).toEqual(history);
    expect(await cache.syncFrom('a', rows)).toMatchObject({ updated: 0, kept: 4 });
  });

  it('moves entries of another source to this one, and synchronising the other source moves them back', async () => {
    const { cache } = await setUp(lowest);
    await putAll(cache, 'a', range(0, 3));
    await putAll(cache, 'b', range(10, 14));
    expect(await cache.syncFrom('a', linesOf([0, 1, 2, 10]))).toMatchObject({ updated: 1, adopted: 1, kept: 3 });
    expect(await urlsOf(cache, 'a')).toEqual(sorted([0, 1, 2, 10]));
    expect(await urlsOf(cache, 'b')).toEqual(sorted([11, 12, 13]));
    // Entry 10 now belongs to `a` and is not in the list of `b`, so `b` neither keeps nor removes it.
    expect(await cache.syncFrom('b', linesOf([11, 12, 13]))).toMatchObject({ kept: 3, removed: 0 });
    expect(await cache.syncFrom('b', linesOf([10, 11, 12, 13]))).toMatchObject({ adopted: 1, kept: 3 });
    expect(await urlsOf(cache, 'a')).toEqual(sorted([0, 1, 2]));
  });

  it('overrides the source of every row', async () => {
    const { cache, file } = await setUp(lowest);
    const text = 'proxy_url,source\nhttp://10.0.0.1:80,other\nhttp://u:pw@10.0.0.2:80,\n';
    expect(await cache.syncFrom('a', file('a.csv', text))).toMatchObject({ added: 2 });
    expect(await urlsOf(cache, 'a')).toEqual(sorted([1, 2]));
    expect(await cache.syncFrom('a', [urlOf(1), urlOf(2)])).toMatchObject({ added: 1, kept: 1, removed: 1 });
  });

  it('finds a source whose name contains credentials, which are masked when stored', async () => {
    const { cache } = await setUp(lowest);
    const source = 'https://ann:hunter2@lists.example/all';
    await cache.syncFrom(source, linesOf(range(0, 4)));
    expect(await cache.syncFrom(source, linesOf(range(1, 4)))).toMatchObject({ kept: 3, removed: 1 });
    expect(await urlsOf(cache, source)).toEqual([]);
    expect(await urlsOf(cache, 'https://**********@lists.example/all')).toEqual(sorted(range(1, 4)));
  });

  it('fails a row whose credentials are part of the source name, since masking would change its source', async () => {
    const { cache } = await setUp(lowest);
    await putAll(cache, 'scout', range(0, 3));
    const result = await cache.syncFrom('scout', [urlOf(0), urlOf(1), 'http://scout:secret@10.0.0.9:80']);
    expect(result).toMatchObject({ kept: 2, failed: 1, removed: 0, refused: { reason: 'failed' } });
    expect(result.problems[0]).toEqual({ line: 3, reason: expect.stringMatching(/part of the source name/) });
    expect(await cache.size()).toBe(3);
  });

  it('does not remove an entry that another source took over meanwhile', async () => {
    const { cache } = await setUp(lowest);
    await putAll(cache, 'a', range(0, 10));
    const taken = CacheEntry.create({ proxyUrl: urlOf(9), source: 'b' }, cache.clock);
    const phases: string[] = [];
    const onProgress = async ({ phase }: SyncProgress) => {
      phases.push(phase);
      // The keys to remove are known by now.
      if (phase === 'storing') await cache.put(taken.key, taken);
    };
    const result = await cache.syncFrom('a', linesOf(range(0, 6)), { onProgress, batchSize: 2 });
    expect([...new Set(phases)]).toEqual(['reading', 'storing', 'removing']);
    expect(result).toMatchObject({ kept: 6, removed: 3, refused: null });
    expect(await urlsOf(cache, 'b')).toEqual([urlOf(9)]);
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(0, 6)));
  });
});

describe('syncFrom', () => {
  it.each([
    ['an empty list', [], 'empty'],
    ['a list that lacks more than half', linesOf([0, 1, 2, 3, 90, 91, 92, 93]), 'most'],
  ] as const)('changes nothing for %s and reports why, unless forced', async (_what, rows, reason) => {
    const { cache } = await setUp();
    await putAll(cache, 'a', range(0, 9));
    // Repeated runs must not succeed: the refused list must not have been stored in part.
    for (let turn = 0; turn < 3; turn++) {
      const result = await cache.syncFrom('a', rows);
      expect(result).toMatchObject({ ...NOTHING, refused: { reason, canForce: true } });
      expect(await urlsOf(cache, 'a')).toEqual(sorted(range(0, 9)));
    }
    expect(await cache.syncFrom('a', rows, { force: true })).toMatchObject({ refused: null });
    expect(await urlsOf(cache, 'a')).toEqual([...rows].sort());
  });

  it('removes exactly half without force', async () => {
    const { cache } = await setUp();
    await putAll(cache, 'a', range(0, 8));
    expect(await cache.syncFrom('a', linesOf(range(0, 4)))).toMatchObject({ removed: 4, refused: null });
  });

  it('stores the other rows if one fails but removes nothing and reports why, unless forced', async () => {
    const { cache } = await setUp();
    await putAll(cache, 'a', range(0, 5));
    const rows = [...linesOf([1, 2, 3, 4, 5]), 'http://999.0.0.1:80'];
    const result = await cache.syncFrom('a', rows);
    expect(result).toMatchObject({ added: 1, kept: 4, removed: 0, failed: 1, problemCount: 1 });
    expect(result.refused).toEqual({
      reason: 'failed',
      canForce: true,
      unlisted: 1,
      message: 'a row of the list failed',
    });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(0, 6)));
    expect(await cache.syncFrom('a', rows, { force: true })).toMatchObject({ removed: 1, failed: 1, refused: null });
  });

  it('ignores headings and still removes entries', async () => {
    const { cache } = await setUp();
    await putAll(cache, 'a', range(0, 4));
    const rows = ['Free proxies of today', ...linesOf([0, 1, 2])];
    expect(await cache.syncFrom('a', rows)).toMatchObject({ kept: 3, removed: 1, skipped: 1, refused: null });
  });

  it.each([
    ['a missing file', 'none.txt', undefined],
    ['a folder', '.', undefined],
    ['prose', 'prose.txt', 'Service is not available at the moment\n'],
    ['a document cut in two', 'cut.json', '[{"ip":"10.0.0.1","port":80},{"ip"'],
  ])('never removes entries for %s, even if forced', async (_what, name, text) => {
    const { cache, file, folder } = await setUp();
    await putAll(cache, 'a', range(0, 4));
    const path = text === undefined ? join(folder, name) : file(name, text);
    const result = await cache.syncFrom('a', path, { force: true });
    expect(result).toMatchObject({ ...NOTHING, skipped: expect.any(Number), failed: expect.any(Number) });
    expect(result.refused).toMatchObject({ reason: 'unreadable', canForce: false });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(0, 4)));
  });

  it('removes nothing if the file changed while it was being read', async () => {
    const { cache, file } = await setUp();
    await putAll(cache, 'a', range(0, 4));
    const path = file('a.txt', linesOf([0, 1, 2]).join('\n'));
    const onProgress = ({ phase }: SyncProgress) => {
      if (phase === 'storing') writeFileSync(path, linesOf([0, 1, 3]).join('\n'));
    };
    expect(await cache.syncFrom('a', path, { onProgress })).toMatchObject({
      removed: 0,
      refused: { reason: 'unreadable' },
    });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(0, 4)));
  });

  it('rejects with the signal’s reason at each step, and the same call continues from there', async () => {
    const { cache } = await setUp();
    await putAll(cache, 'a', range(0, 100));
    const rows = linesOf(range(40, 140));
    for (const [phase, left] of [
      ['reading', range(0, 100)],
      ['storing', range(0, 110)],
      ['removing', undefined],
    ] as const) {
      const abort = new AbortController();
      const onProgress = (progress: SyncProgress) => {
        const isDone = phase === 'storing' ? progress.added === 10 : progress.phase === phase;
        if (isDone) abort.abort(new Error('enough'));
      };
      const run = cache.syncFrom('a', rows, { onProgress, batchSize: 10, signal: abort.signal });
      await expect(run).rejects.toThrow('enough');
      const urls = await urlsOf(cache, 'a');
      // Any ten entries are removed first.
      if (left === undefined) expect(urls).toHaveLength(130);
      else expect(urls).toEqual(sorted(left));
    }
    expect(await cache.syncFrom('a', rows)).toMatchObject({ kept: 100, removed: 30, refused: null });
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(40, 140)));
  });

  const entries = linesOf([0, 1, 2]).map((proxyUrl) => CacheEntry.create({ proxyUrl, username: 'u', password: 'p' }));
  async function* slowly<T>(items: readonly T[]) {
    for (const item of items) yield await Promise.resolve(item);
  }
  const BYTES = Buffer.from(linesOf([0, 1, 2]).join('\n'));
  it.each<[string, () => SyncRows, SyncOptions?]>([
    ['lines', () => linesOf([0, 1, 2])],
    ['a set of lines', () => new Set(linesOf([0, 1, 2]))],
    ['lines that come one by one', () => slowly(linesOf([0, 1, 2]))],
    ['objects', () => [0, 1, 2].map((n) => ({ ip: `10.0.0.${n}`, port: 80 }))],
    ['objects that come one by one', () => slowly([0, 1, 2].map((n) => ({ proxy_url: urlOf(n) })))],
    ['entries', () => slowly(entries)],
    ['a stream', () => Readable.from([BYTES.subarray(0, 7), BYTES.subarray(7)])],
    [
      'bytes of another format',
      () => [Buffer.from('ip,port\n10.0.0.0,80\n10.0.0.1,80\n10.0.0.2,80\n')],
      { format: 'csv' },
    ],
  ])('accepts %s', async (_what, rows, options) => {
    const { cache } = await setUp();
    await putAll(cache, 'a', [0, 3]);
    expect(await cache.syncFrom('a', rows(), { ...options, force: true })).toMatchObject({ failed: 0, refused: null });
    expect(await urlsOf(cache, 'a')).toEqual(sorted([0, 1, 2]));
  });

  it('accepts entries with their credentials', async () => {
    const { cache } = await setUp();
    await cache.syncFrom('a', entries);
    const found = [...(await cache.getMany(entries.map(({ key }) => key))).values()];
    expect(found.map(({ source, password }) => [source, password?.reveal()])).toEqual([0, 1, 2].map(() => ['a', 'p']));
  });

  it('counts an object that JSON cannot represent as failed', async () => {
    const { cache } = await setUp();
    const cycle: Record<string, unknown> = { ip: '10.0.0.1', port: 80 };
    cycle['self'] = cycle;
    const rows = [{ ip: '10.0.0.0', port: 80 }, cycle, { ip: '10.0.0.2', port: 80n }, null];
    expect(await cache.syncFrom('a', rows)).toMatchObject({ added: 1, failed: 3 });
  });

  it('rejects with the error of an iterable before anything changes', async () => {
    const { cache } = await setUp();
    await putAll(cache, 'a', range(0, 4));
    const rows = async function* () {
      yield urlOf(7);
      throw new Error('the connection is gone');
    };
    await expect(cache.syncFrom('a', rows(), { force: true })).rejects.toThrow('the connection is gone');
    expect(await urlsOf(cache, 'a')).toEqual(sorted(range(0, 4)));
  });

  it.each([
    ['source', ['', []]],
    ['source', [5, []]],
    ['rows', ['a', 5]],
    ['rows', ['a', '']],
    ['rows', ['a', ['10.0.0.1:80', { ip: 'x' }]]],
    ['options', ['a', [], null]],
    ['options', ['a', [], new Date()]],
    ['options', ['a', [], new Map()]],
    ['options', ['a', [], Promise.resolve({ force: true })]],
    ['force', ['a', [], { force: 'yes' }]],
    ['defaultSource', ['a', [], { defaultSource: 'b' }]],
    ['forced', ['a', [], { forced: true }]],
    ['batchSize', ['a', [], { batchSize: 0 }]],
  ])('refuses a wrong %s with an error that names it: %j', async (path, args) => {
    const { cache } = await setUp();
    const error = await cache.syncFrom(...(args as [string, string])).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CacheValidationError);
    expect((error as CacheValidationError).problems.map((problem) => problem.path)).toEqual([path]);
  });
});
