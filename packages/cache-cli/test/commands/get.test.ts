import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateCacheKey } from '@pw/cache-models';
import { describe, expect, it } from 'vitest';
import { LIST, workspace } from '../support/workspace.ts';

/** A cache with the rows of a list. */
async function cacheOf(list: string) {
  const place = workspace({ 'list.txt': list });
  expect((await place.cli(['import', place.path('list.txt')])).code).toBe(0);
  const get = async (name: string, env?: Record<string, string>) => {
    const { code, out } = await place.cli(['get', name, '--json'], env);
    return { code, ...(JSON.parse(out) as { entry?: { key: string }; error?: { code: string; keys?: string[] } }) };
  };
  return { ...place, get };
}

describe('get', () => {
  it('finds an entry by key, URL and host:port, and names the tier that answered', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    const found = JSON.parse((await cli(['get', '198.51.100.1:80', '--json'])).out);
    expect(found).toMatchObject({
      tier: 'l2',
      level: 2,
      entry: { proxyUrl: 'http://198.51.100.1:80', username: null },
    });
    for (const name of [found.entry.key, 'http://198.51.100.1:80', 'HTTP://198.51.100.1:80/']) {
      expect((await cli(['get', name])).out).toContain(found.entry.key);
    }
  });

  it('distinguishes the users of a gateway, and shows credentials only on request', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    const masked = await cli(['get', 'http://bob:whatever@gate.example:9000']);
    expect(masked.out).toContain('Password     **********');
    expect(masked.out + (await cli(['get', 'bob@gate.example:9000', '--json'])).out).not.toContain('swordfish');
    expect((await cli(['get', 'bob@gate.example:9000', '--reveal'])).out).toContain('Password     swordfish');
    expect(JSON.parse((await cli(['get', 'ann@gate.example:9000', '--reveal', '--json'])).out).entry.password).toBe(
      'hunter2',
    );
  });

  it('exits with 1 and a reason if the entry does not exist or no key opens it', async () => {
    const { cli, path } = workspace({ 'list.txt': LIST });
    await cli(['import', path('list.txt')]);
    expect(await cli(['get', 'nothing'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('not found'),
    });
    const locked = await cli(['get', 'ann@gate.example:9000', '--json'], {});
    expect(locked.code).toBe(1);
    expect(locked.err).toMatch(/^pw-cache: .*PROXYWHIRL_CACHE_ENCRYPTION_KEY.*\n$/);
    expect(JSON.parse(locked.out).error.code).toBe('KEY_MISSING');
    // Nothing is lost by reading without the key.
    expect((await cli(['get', 'ann@gate.example:9000'])).code).toBe(0);
  });

  it('escapes characters that could rewrite the terminal', async () => {
    const { cli, path } = workspace({
      'rows.jsonl': '{"proxy_url":"http://a.example:1","source":"\\u001b[2Jx\\u202ey"}',
    });
    await cli(['import', path('rows.jsonl')]);
    expect((await cli(['get', 'a.example:1'])).out).toContain('Source       \\u001b[2Jx\\u202ey');
  });

  it('finds every listed entry by its URL and by its key', async () => {
    const { cli, get } = await cacheOf('ann:hunter2@one.example:1\nsocks5://two.example:2\n198.51.100.1:80\n');
    const lines = (await cli(['list'])).out.trim().split('\n').slice(1);
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const [url, , , , , key] = line.split(/ +/);
      expect((await get(url!)).entry?.key, url).toBe(key);
      expect((await get(key!)).entry?.key, url).toBe(key);
    }
    expect((await get('two.example:2')).code).toBe(0);
  });

  it('resolves a URL alone to the entry without a user, and lists the keys if several have one', async () => {
    const { cli, get, path } = await cacheOf(LIST);
    const { entries } = JSON.parse((await cli(['list', '--json'])).out) as {
      entries: { key: string; proxyUrl: string }[];
    };
    const keys = entries.filter(({ proxyUrl }) => proxyUrl.includes('gate')).map((entry) => entry.key);
    const several = await get('gate.example:9000');
    expect(several).toMatchObject({ code: 1, error: { code: 'AMBIGUOUS' } });
    expect(several.error?.keys?.toSorted()).toEqual(keys.toSorted());
    expect((await cli(['get', 'gate.example:9000'])).err).toContain(keys[0]);
    expect((await get('carl@gate.example:9000')).error?.code).toBe('NOT_FOUND');

    writeFileSync(path('more.txt'), 'gate.example:9000\n');
    await cli(['import', path('more.txt')]);
    const alone = await get('gate.example:9000');
    expect(alone.code).toBe(0);
    expect(keys).not.toContain(alone.entry?.key);
  });
});

describe('records whose credentials no key opens', () => {
  it('are counted by list, stats and export, with a remedy', async () => {
    const { cli, get, path } = await cacheOf(LIST);
    const remedy = /^pw-cache: .*no key opens the credentials of 2 records: set PROXYWHIRL_CACHE_ENCRYPTION_KEY.*\n$/;
    for (const argv of [['list'], ['stats'], ['export', path('out.jsonl')]]) {
      const code = argv[0] === 'export' ? 1 : 0;
      expect(await cli(argv, {}), argv[0]).toMatchObject({ code, err: expect.stringMatching(remedy) });
      const inJson = await cli([...argv, '--json'], {});
      expect(inJson, argv[0]).toMatchObject({ code, err: expect.stringMatching(remedy) });
      expect(JSON.parse(inJson.out), argv[0]).toMatchObject({ unreadable: 2 });
      expect((await cli([...argv, '--json'])).err, argv[0]).toBe('');
    }
    expect(await get('gate.example:9000', {})).toMatchObject({
      code: 1,
      error: { code: 'NOT_FOUND', message: expect.stringContaining('no key opens the credentials of 2 records') },
    });
  });
});

describe('a stored proxy with an unexpected URL or key', () => {
  it('is shown without the credentials in its invalid URL, and is still found', async () => {
    const { cli, dir, get } = await cacheOf('198.51.100.1:80\n');
    const proxies = join(dir, 'proxies');
    const shard = readdirSync(proxies)
      .map((name) => join(proxies, name))
      .find((path) => path.includes('shard_') && statSync(path).size > 0)!;
    const record = JSON.parse(readFileSync(shard, 'utf8')) as Record<string, unknown>;
    // ProxyWhirl writes no checksum.
    const foreign = { ...record, checksum: undefined, proxy_url: 'ftp://h.example/mallory:hunter2@path' };
    writeFileSync(shard, `${JSON.stringify(foreign)}\n`);
    rmSync(join(dir, 'db'), { recursive: true });
    const { out, err } = await cli(['list']);
    expect(err).toBe('');
    expect(out).toContain('ftp://**********@path');
    expect(JSON.stringify([out, await get('ftp://**********@path'), await cli(['list', '--json'])])).not.toMatch(
      /mallory|hunter2/,
    );
  });

  it('is found by its key, but not by the other URL from which that key is derived', async () => {
    const record = {
      proxy_url: 'http://evil.example:1',
      source: 's',
      fetch_time: '2026-01-01T00:00:00+00:00',
      last_accessed: '2026-01-01T00:00:00+00:00',
      access_count: 0,
      ttl_seconds: 9,
      expires_at: '2999-01-01T00:00:00+00:00',
      health_status: 'healthy',
      failure_count: 0,
    };
    const key = generateCacheKey('http://gate.example:8080');
    const place = workspace({ 'list.jsonl': `${JSON.stringify({ ...record, key })}\n` });
    expect((await place.cli(['import', place.path('list.jsonl')])).code).toBe(0);
    const { code, out } = await place.cli(['get', 'http://gate.example:8080', '--json']);
    expect(out).not.toContain('evil');
    expect(code).toBe(1);
    expect((await place.cli(['get', key])).out).toContain('evil.example');
  });
});
