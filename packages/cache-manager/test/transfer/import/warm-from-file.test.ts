import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry, CacheValidationError, entryToRecord, generateCacheKey, HealthStatus } from '@pw/cache-models';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WarmOptions, warmFromFile } from '../../../src/transfer/import/index.ts';
import { MapTarget, revealed } from '../../support/import-target.ts';

async function importRows(rows: readonly unknown[], target = new MapTarget(), options?: WarmOptions) {
  const path = join(makeTempDir(onTestFinished), 'rows.jsonl');
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return { result: await warmFromFile(target, path, options), target };
}

const URL = 'http://a.example:1';

describe('a new row', () => {
  it('gets the TTL of its source or of the import', async () => {
    for (const [row, options, ttl] of [
      [{ proxy_url: URL }, {}, 3600],
      [{ proxy_url: URL, source: 'brief' }, {}, 60],
      [{ proxy_url: URL, source: 'brief' }, { ttlOverride: 120 }, 120],
    ] as const) {
      const { target } = await importRows([row], new MapTarget(), options);
      const now = target.clock.now();
      expect(target.one).toMatchObject({
        ttlSeconds: ttl,
        fetchTime: now,
        expiresAt: now + ttl * 1000,
        accessCount: 0,
      });
    }
  });

  it('gets a key of its URL and username, so that one gateway with ten users is ten entries', async () => {
    const users = Array.from({ length: 10 }, (_, i) => ({ proxy_url: URL, username: `user${i}`, password: 'x' }));
    const { result, target } = await importRows([{ proxy_url: 'HTTP://A.example:1/' }, ...users]);
    expect(result.loaded).toBe(11);
    expect(target.map.has(generateCacheKey(URL))).toBe(true);
    expect(target.map.get(generateCacheKey(URL, { username: 'user3' }))?.username?.reveal()).toBe('user3');
    expect(target.map.size).toBe(11);
  });

  it('gets the key that ProxyWhirl would use with keyIdentity url, and no key covers the password', async () => {
    const rows = [
      { proxy_url: 'HTTP://A.example:1/', username: 'ann', password: 'x' },
      { proxy_url: 'http://b.example:1', username: 'ann', password: 'x' },
      { proxy_url: 'http://b.example:1', username: 'bob', password: 'y' },
      { proxy_url: 'http://ann:hunter2@c.example:1' },
      { proxy_url: 'http://bob:other@c.example:1' },
      { proxy_url: 'not a url' },
      { proxy_url: 'http://d.example:1', key: 'its own' },
    ];
    const { target } = await importRows(rows, undefined, { keyIdentity: 'url' });
    const urls = ['HTTP://A.example:1/', 'http://b.example:1', 'http://c.example:1', 'not a url'];
    expect(new Set(target.map.keys())).toEqual(
      new Set([...urls, 'http://d.example:1'].map((url) => generateCacheKey(url))),
    );
    expect(target.map.get(generateCacheKey('http://b.example:1'))?.username?.reveal()).toBe('bob');
    const run = importRows(rows, undefined, { keyIdentity: 'password' as 'url' });
    await expect(run).rejects.toThrow('keyIdentity: must be one of url+username, url');
  });

  it('has no credential in its URL or in a reason', async () => {
    const { result, target } = await importRows([
      { proxy_url: 'http://ann:hunter2@a.example:1' },
      { proxy_url: 'ann:hunter2@b.example:1' },
      { proxy_url: 'c.example:1:ann:hunter2' },
      { proxy_url: 'http://ann:hunter2@no-port' },
      { proxy_url: 'd.example:99999:ann:hunter2' },
      { proxy_url: 'http://other:hunter2@e.example:1', username: 'ann' },
      { proxy_url: { hunter2: 1 } },
    ]);
    expect(result).toMatchObject({ loaded: 4, skipped: 3 });
    expect(JSON.stringify([result, ...target.map.values()])).not.toContain('hunter2');
    expect(target.urls.slice(0, 3)).toEqual(['http://a.example:1', 'http://b.example:1', 'http://c.example:1']);
    expect([...target.map.values()].slice(0, 3).map((entry) => entry.password?.reveal())).toEqual(
      Array(3).fill('hunter2'),
    );
  });

  it('does not use the mask of a ProxyWhirl export as a password', async () => {
    const { result, target } = await importRows([{ proxy_url: URL, username: 'ann', password: '**********' }]);
    expect(revealed(target.one)).toMatchObject({ username: 'ann', password: null });
    expect(result).toMatchObject({ loaded: 1, problemCount: 1 });
    expect(result.problems[0]?.reason).toContain('masked');
  });

  it('has the health that an inventory states', async () => {
    const row = { ip: '::1', port: 80, protocol: 'socks5', source: 'user', status: 'healthy', total_checks: 4 };
    const { target } = await importRows([{ ...row, last_checked: '2026-08-22T18:26:26.792266' }]);
    expect(target.one).toMatchObject({
      proxyUrl: 'socks5://[::1]:80',
      source: 'user',
      healthStatus: HealthStatus.HEALTHY,
      totalHealthChecks: 4,
      lastHealthCheck: Date.parse('2026-08-22T18:26:26.792Z') + 0.266,
    });
  });

  it('ignores invalid health', async () => {
    const { target } = await importRows([
      { ip: '10.0.0.1', port: '80', status: 'great', total_checks: -1, last_checked: 'x' },
    ]);
    expect(target.one).toMatchObject({ healthStatus: 'unknown', totalHealthChecks: 0, lastHealthCheck: null });
  });
});

describe('a row over an existing entry', () => {
  const existing = (target: MapTarget) =>
    CacheEntry.create(
      {
        proxyUrl: URL,
        username: 'ann',
        password: 'hunter2',
        source: 'old',
        accessCount: 7,
        healthStatus: 'unhealthy',
        failureCount: 2,
        totalHealthChecks: 9,
        lastHealthError: 'refused',
        ttlSeconds: 86_400,
      },
      target.clock,
    );

  it('keeps health, access counts, the longer TTL and the password', async () => {
    const target = new MapTarget();
    const before = existing(target);
    target.map.set(before.key, before);
    target.clock.advance(1000);
    await importRows([{ proxy_url: URL, username: 'ann', source: 'new' }], target);
    expect(revealed(target.one)).toEqual({
      ...revealed(before),
      source: 'new',
      fetchTime: target.clock.now(),
      lastAccessed: target.clock.now(),
    });
  });

  it('keeps the credentials if they are masked in the file', async () => {
    const target = new MapTarget();
    const before = existing(target);
    target.map.set(before.key, before);
    const record = entryToRecord(
      CacheEntry.restore({ ...before.toFields(), username: null, password: null }),
      undefined,
    );
    await importRows([{ ...record, username: '**********', password: '**********' }], target);
    expect(revealed(target.one)).toMatchObject({ username: 'ann', password: 'hunter2' });
  });

  it('replaces the password, and does not inherit that of another user', async () => {
    const target = new MapTarget();
    const before = existing(target);
    target.map.set(before.key, before);
    await importRows([{ key: before.key, proxy_url: URL, username: 'ann', password: 'new' }], target);
    expect(revealed(target.one)).toMatchObject({ username: 'ann', password: 'new' });
    await importRows([{ key: before.key, proxy_url: URL, username: 'bob' }], target);
    expect(target.map.get(before.key)?.password?.reveal()).toBe('new');
    expect(revealed(target.map.get(generateCacheKey(URL, { username: 'bob' }))!)).toMatchObject({ password: null });
  });

  it('gets the TTL of the import if there is one', async () => {
    const target = new MapTarget();
    const before = existing(target);
    target.map.set(before.key, before);
    await importRows([{ proxy_url: URL, username: 'ann' }], target, { ttlOverride: 5 });
    expect(target.one).toMatchObject({ ttlSeconds: 5, expiresAt: target.clock.now() + 5000 });
  });

  it('adds health to an entry that was never checked', async () => {
    const { target } = await importRows([{ proxy_url: URL }, { ip: 'a.example', port: 1, status: 'healthy' }]);
    expect(target.one.healthStatus).toBe('healthy');
  });
});

describe('storing', () => {
  it('counts only stored rows as loaded', async () => {
    const target = new MapTarget();
    target.refused = (entry) => entry.proxyUrl.includes('b.example');
    const { result } = await importRows(
      ['a', 'b', 'c'].map((name) => ({ proxy_url: `http://${name}.example:1` })),
      target,
    );
    expect(result).toMatchObject({ loaded: 2, failed: 1, problems: [{ line: 2, reason: 'could not be stored' }] });
  });

  it('stores the rest of a batch if one row makes it fail, and does not quote foreign errors', async () => {
    const target = new MapTarget();
    target.throwing = (entry) => entry.proxyUrl.includes('b.example');
    const { result } = await importRows(
      ['a', 'b', 'c'].map((name) => ({ proxy_url: `http://${name}.example:1` })),
      target,
    );
    expect(result).toMatchObject({ loaded: 2, failed: 1 });
    expect(target.urls).toEqual(['http://a.example:1', 'http://c.example:1']);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('fails rows that `refuse` rejects, with its reason', async () => {
    const refuse = (entry: CacheEntry) => (entry.proxyUrl.includes('b.example') ? 'not wanted' : undefined);
    const rows = ['a', 'b', 'c'].map((name) => ({ proxy_url: `http://${name}.example:1` }));
    const { result, target } = await importRows(rows, new MapTarget(), { refuse });
    expect(result).toMatchObject({ loaded: 2, failed: 1, problems: [{ line: 2, reason: 'not wanted' }] });
    expect(target.map.size).toBe(2);
  });

  it('works in batches, reports progress after each, and yields to the event loop', async () => {
    const target = new MapTarget();
    const rows = Array.from({ length: 25 }, (_, i) => ({ proxy_url: `http://h${i}.example:1` }));
    const seen: number[] = [];
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    onTestFinished(() => clearInterval(ticking));
    await importRows(rows, target, { batchSize: 10, onProgress: ({ loaded }) => seen.push(loaded) });
    expect(target.batches).toEqual([10, 10, 5]);
    expect(seen).toEqual([10, 20, 25]);
    expect(turns).toBeGreaterThan(0);
  });

  it('stops after the batch in which it was aborted, with the reason', async () => {
    const target = new MapTarget();
    const rows = Array.from({ length: 25 }, (_, i) => ({ proxy_url: `http://h${i}.example:1` }));
    const abort = new AbortController();
    const run = importRows(rows, target, {
      batchSize: 10,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    expect(target.map.size).toBe(10);
  });
});

describe('options', () => {
  it.each([
    { ttlOverride: -1 },
    { ttlOverride: 1.5 },
    { ttlOverride: Number.NaN },
    { batchSize: 0 },
    { format: 'xml' },
    { defaultScheme: 'ftp' },
    { bareNames: 'yes' },
    { bareNames: null },
    { onProgress: 5 },
    { refuse: 'no' },
    { signal: {} },
  ])('are refused if wrong, with an error that names them: %o', async (options) => {
    const run = warmFromFile(new MapTarget(), 'x', options as WarmOptions);
    await expect(run).rejects.toThrow(CacheValidationError);
    await expect(run).rejects.toThrow(Object.keys(options)[0]!);
  });

  it('counts a missing file or a folder as failed and does not throw', async () => {
    for (const path of ['/does/not/exist.jsonl', import.meta.dirname]) {
      const result = await warmFromFile(new MapTarget(), path);
      expect(result).toMatchObject({ loaded: 0, skipped: 0, failed: 1, problems: [{ line: 0 }] });
    }
  });
});

describe('a row with credentials in a string', () => {
  const record = {
    key: 'k',
    proxy_url: URL,
    fetch_time: '2026-06-01T00:00:00Z',
    last_accessed: '2026-06-01T00:00:00Z',
    expires_at: '2026-07-01T00:00:00Z',
    health_status: 'dead',
    access_count: 0,
    ttl_seconds: 3600,
    failure_count: 0,
  };

  it('is stored with its own and foreign credentials masked', async () => {
    const row = {
      proxy_url: 'http://ann:hunter2-x@a.example:1',
      source: 'hunter2-x of https://me:pw4list@example.com/',
    };
    const { target } = await importRows([row]);
    expect(target.one.source).toBe('********** of https://**********@example.com/');
  });

  it('is stored with them masked even if it is a full record', async () => {
    const row = { ...record, password: 'hunter2-x', source: 'me:pw4list@h', last_health_error: '407: hunter2-x' };
    const { target } = await importRows([row]);
    expect(target.one.source).toBe('**********@h');
    expect(target.one.lastHealthError).toBe('407: **********');
  });

  it('is stored with the credentials of the existing entry masked', async () => {
    const target = new MapTarget();
    await importRows([{ ...record, key: 'k', proxy_url: URL, username: 'ann', password: 'hunter2-x' }], target);
    await importRows([{ ...record, key: 'k', proxy_url: URL, source: 'list hunter2-x' }], target);
    expect(target.one.source).not.toContain('hunter2-x');
  });

  it.each([
    'ann:hunter2-x',
    'gate.example:8080|ann|hunter2-x',
    'gate.example:8080;ann;hunter2-x',
    'gate.example,8080,ann,hunter2-x',
    'gate.example:8080 ann hunter2-x',
    'gate.example:8080\tann\thunter2-x',
    'ann hunter2-x gate.example:8080',
    'http://gate.example:8080,ann,hunter2-x',
    'http://gate.example:8080 (login ann / hunter2-x)',
    'http://gate.example:8080 ann:hunter2-x',
    'gate.example:8080 elite hunter2-x',
  ])('is refused if its invalid URL may contain credentials: %j', async (proxy_url) => {
    for (const row of [{ proxy_url }, { ...record, proxy_url }]) {
      const { result, target } = await importRows([row]);
      expect(result.loaded).toBe(0);
      expect(target.map.size).toBe(0);
      expect(JSON.stringify(result)).not.toContain('hunter2');
    }
  });

  it('is read if its URL has the parts in another order', async () => {
    const { result, target } = await importRows([{ proxy_url: 'gate.example:8080@ann:hunter2-x' }]);
    expect(revealed(target.one)).toMatchObject({
      proxyUrl: 'http://gate.example:8080',
      username: 'ann',
      password: 'hunter2-x',
    });
    expect(result.problemCount).toBe(0);
    const full = await importRows([{ ...record, proxy_url: 'gate.example:8080@ann:hunter2-x' }]);
    expect(full.result.loaded).toBe(0);
  });

  it.each(['not a url', 'gate.example', 'http://gate.example', 'gate.example/path'])(
    'is stored unchanged if its invalid URL cannot contain credentials: %j',
    async (proxy_url) => {
      for (const row of [{ proxy_url }, { ...record, proxy_url }]) {
        const { target } = await importRows([row]);
        expect(target.one.proxyUrl).toBe(proxy_url);
      }
    },
  );

  it('is refused if its URL is not well-formed', async () => {
    const { result, target } = await importRows([{ proxy_url: 'not \ud800 a url' }]);
    expect(result.skipped).toBe(1);
    expect(target.map.size).toBe(0);
    expect(result.problems[0]?.reason).toMatch(/well-formed Unicode/);
  });

  it.each([{ proxy_url: 'http://ann:hunter2-x' }, { ...record, proxy_url: 'http://ann:hunter2-x' }])(
    'is not stored if its URL was truncated inside the password: %j',
    async (row) => {
      const { result, target } = await importRows([row]);
      expect(result.loaded).toBe(0);
      expect(result.skipped).toBe(1);
      expect(target.map.size).toBe(0);
      expect(JSON.stringify(result)).not.toContain('hunter2');
      expect(result.problems[0]?.reason).toContain('proxy_url');
    },
  );

  it('has its credentials masked in a reason from `refuse` or from a tier', async () => {
    const row = { proxy_url: 'http://ann:hunter2-x@a.example:1' };
    const options = { refuse: () => 'no hunter2-x of ann:other@h here' };
    const { result } = await importRows([row], new MapTarget(), options);
    expect(result.problems[0]?.reason).toBe('no ********** of **********@h here');
    const target = new MapTarget();
    target.mergeMany = () => Promise.reject(new CacheValidationError('no room for ann:hunter2-x@a.example'));
    const failed = (await importRows([row], target)).result;
    expect(failed.failed).toBe(1);
    expect(JSON.stringify(failed)).not.toContain('hunter2');
  });
});
