import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { CacheEntry, type CacheEntryInput, entryToRecord, generateCacheKey } from '@pw/cache-models';
import { originOf } from '@pw/cache-models/tier';
import { makeTempDir } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, openCache } from '../../../../src/index.ts';
import { type WarmOptions, warmFromFile } from '../../../../src/transfer/import/index.ts';
import { FaultTier } from '../../../support/fault-tier.ts';
import { MapTarget, revealed } from '../../../support/import-target.ts';

const GATE = 'http://gate.example:22225';
const EVIL = 'http://evil.example:8080';
const ANN = generateCacheKey(GATE, { username: 'ann' });

type Row = Record<string, unknown>;

/** A cache with the entry of `ann` at the gate, with health. */
function cacheOfAnn(more: Partial<CacheEntryInput> = {}): MapTarget {
  const target = new MapTarget();
  const entry = CacheEntry.create(
    {
      proxyUrl: GATE,
      username: 'ann',
      password: 'hunter2',
      healthStatus: 'healthy',
      totalHealthChecks: 9,
      accessCount: 5,
      ...more,
    },
    target.clock,
  );
  target.map.set(entry.key, entry);
  return target;
}

/** A full record as in an export, of an entry with the given fields only. */
function recordOf(target: MapTarget, input: CacheEntryInput, more: Row = {}): Row {
  return { ...entryToRecord(CacheEntry.create(input, target.clock), new TestCipher()), ...more };
}

const FORMATS = {
  json: (rows: readonly Row[]) => JSON.stringify(rows),
  jsonl: (rows: readonly Row[]) => rows.map((row) => JSON.stringify(row)).join('\n'),
  csv: (rows: readonly Row[]) => {
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const cells = (row: Row) => names.map((name) => String(row[name] ?? '')).join(',');
    return [names.join(','), ...rows.map(cells)].join('\n');
  },
} as const;
type Format = keyof typeof FORMATS;
const formats = Object.keys(FORMATS) as Format[];

async function importRows(target: MapTarget, rows: readonly Row[], format: Format = 'jsonl', options?: WarmOptions) {
  target.cipher = new TestCipher();
  const path = join(makeTempDir(onTestFinished), `rows.${format}`);
  writeFileSync(path, FORMATS[format](rows));
  return warmFromFile(target, path, options);
}

const at = (target: MapTarget, key: string) => {
  const entry = target.map.get(key);
  return entry === undefined ? undefined : revealed(entry);
};

describe.each(formats)('a row of a %s file with the key of another proxy', (format) => {
  it('gets its own key, inherits nothing and leaves the other entry unchanged', async () => {
    const target = cacheOfAnn();
    const before = at(target, ANN);
    const result = await importRows(target, [{ key: ANN, proxy_url: EVIL }], format);
    expect(result).toMatchObject({ loaded: 1, skipped: 0, failed: 0, problemCount: 1 });
    expect(result.problems[0]?.reason).toContain('key does not match the URL and username');
    expect(at(target, ANN)).toEqual(before);
    expect(at(target, generateCacheKey(EVIL))).toMatchObject({
      proxyUrl: EVIL,
      username: null,
      password: null,
      healthStatus: 'unknown',
      totalHealthChecks: 0,
      accessCount: 0,
    });
  });

  it('is not trusted even if it has the username of the other proxy', async () => {
    const target = cacheOfAnn();
    await importRows(target, [{ key: ANN, proxy_url: EVIL, username: 'ann' }], format);
    expect(at(target, ANN)).toMatchObject({ proxyUrl: GATE, password: 'hunter2' });
    expect(at(target, generateCacheKey(EVIL, { username: 'ann' }))).toMatchObject({ proxyUrl: EVIL, password: null });
  });

  it('becomes an entry of its own if its key is a small number from another program', async () => {
    const target = new MapTarget();
    const row = (key: number, host: string) => ({ key, ip: host, port: 80 });
    await importRows(target, [row(1, '198.18.0.1'), row(2, '198.18.0.2')], format);
    await importRows(target, [row(1, '198.18.0.3'), row(2, '198.18.0.4'), row(2, '198.18.0.5')], format);
    expect(target.urls.sort()).toEqual([1, 2, 3, 4, 5].map((n) => `http://198.18.0.${n}:80`));
  });
});

describe('a key that the row itself hashes to', () => {
  it.each([
    ['of URL and username', generateCacheKey(GATE, { username: 'ann' })],
    ['of the URL, as ProxyWhirl makes it', generateCacheKey(GATE)],
    ['of the URL as the row has it', generateCacheKey('HTTP://Gate.example:22225/')],
    ['of the given URL and the username', generateCacheKey('HTTP://Gate.example:22225/', { username: 'ann' })],
  ])('is kept: %s', async (_name, key) => {
    const target = cacheOfAnn({ key });
    const row = { key, proxy_url: 'HTTP://Gate.example:22225/', username: 'ann' };
    expect(await importRows(target, [row])).toMatchObject({ loaded: 1, problemCount: 0 });
    expect(revealed(target.one)).toMatchObject({ key, proxyUrl: GATE, password: 'hunter2', totalHealthChecks: 9 });
  });

  it('belongs to its own user: another user at the same URL gets an entry of its own without the password', async () => {
    const target = cacheOfAnn();
    await importRows(target, [{ key: ANN, proxy_url: GATE, username: 'bob' }]);
    expect(at(target, ANN)).toMatchObject({ username: 'ann', password: 'hunter2' });
    expect(at(target, generateCacheKey(GATE, { username: 'bob' }))).toMatchObject({ username: 'bob', password: null });
  });

  it('replaces another proxy that was stored under it, which is reported, and inherits nothing', async () => {
    const target = cacheOfAnn({ key: generateCacheKey(EVIL) });
    const result = await importRows(target, [{ proxy_url: EVIL }]);
    expect(result).toMatchObject({ loaded: 1, problemCount: 1 });
    expect(result.problems[0]?.reason).toContain('replaced another proxy');
    expect(revealed(target.one)).toMatchObject({ proxyUrl: EVIL, username: null, password: null, accessCount: 0 });
  });

  it('keeps the data of the same proxy stored with another spelling of the URL', async () => {
    const url = 'http://[2001:DB8:0:0::1]:80';
    const target = cacheOfAnn();
    const stored = CacheEntry.restore({ ...target.one.toFields(), key: generateCacheKey(url), proxyUrl: url });
    target.map.clear();
    target.map.set(stored.key, stored);
    await importRows(target, [{ key: stored.key, proxy_url: url, username: 'ann' }]);
    expect(revealed(target.one)).toMatchObject({ proxyUrl: 'http://[2001:db8::1]:80', password: 'hunter2' });
  });
});

describe.each(['json', 'jsonl'] as const)('a full record of a %s file', (format) => {
  it('keeps any key that it has', async () => {
    const target = new MapTarget();
    const result = await importRows(target, [recordOf(target, { proxyUrl: EVIL, key: 'its own' })], format);
    expect(result).toMatchObject({ loaded: 1, problemCount: 0 });
    expect(target.one.key).toBe('its own');
  });

  it('is merged with the entry under its key if that is the same proxy', async () => {
    const target = cacheOfAnn({ key: 'its own' });
    const record = recordOf(target, { proxyUrl: GATE, key: 'its own', source: 'new' });
    expect(await importRows(target, [record], format)).toMatchObject({ loaded: 1, problemCount: 0 });
    expect(revealed(target.one)).toMatchObject({ source: 'new', password: 'hunter2', totalHealthChecks: 9 });
  });

  it.each([
    { proxyUrl: EVIL },
    { proxyUrl: 'socks5://gate.example:22225' },
    { proxyUrl: 'http://gate.example:22226' },
    { proxyUrl: EVIL, username: 'ann' },
    { proxyUrl: EVIL, username: 'ann', password: 'theirs' },
  ])('gets its own key if the entry under its key is another proxy: %o', async (input) => {
    for (const key of [ANN, 'its own']) {
      const target = cacheOfAnn({ key });
      const before = at(target, key);
      const result = await importRows(target, [recordOf(target, input, { key })], format);
      expect(result).toMatchObject({ loaded: 1, skipped: 0, failed: 0, problemCount: 1 });
      expect(result.problems[0]?.reason).toContain('key belongs to another proxy');
      expect(at(target, key)).toEqual(before);
      const { username = null, password = null } = input;
      expect(at(target, generateCacheKey(input.proxyUrl, { username }))).toMatchObject({
        ...input,
        username,
        password,
        totalHealthChecks: 0,
      });
    }
  });

  it('is distinguished from an earlier record with the same key in the file', async () => {
    const target = new MapTarget();
    const records = [GATE, EVIL, GATE].map((proxyUrl) => recordOf(target, { proxyUrl }, { key: 'its own' }));
    expect(await importRows(target, records, format)).toMatchObject({ loaded: 3, problemCount: 1 });
    expect([...target.map].map(([key, { proxyUrl }]) => [key, proxyUrl])).toEqual([
      ['its own', GATE],
      [generateCacheKey(EVIL), EVIL],
    ]);
  });

  it('gets a key of its URL alone with keyIdentity url', async () => {
    const target = cacheOfAnn();
    const record = recordOf(target, { proxyUrl: EVIL, username: 'ann' }, { key: ANN });
    await importRows(target, [record], format, { keyIdentity: 'url' });
    expect(at(target, generateCacheKey(EVIL))).toMatchObject({ username: 'ann', password: null });
  });

  it('with an invalid URL is the same proxy only if the URL is exactly the same', async () => {
    const odd = { proxyUrl: GATE, password: 'hunter2', key: 'its own' };
    for (const [url, password] of [
      ['not a url', 'hunter2'],
      ['not a URL', null],
    ]) {
      const target = new MapTarget();
      const own = CacheEntry.create(odd, target.clock).toFields();
      target.map.set('its own', CacheEntry.restore({ ...own, proxyUrl: 'not a url' }));
      await importRows(target, [recordOf(target, { proxyUrl: GATE, key: 'its own' }, { proxy_url: url })], format);
      const imported = [...target.map.values()].find(({ proxyUrl }) => proxyUrl === url);
      expect(imported?.password?.reveal() ?? null).toBe(password);
    }
  });

  it('counts as failed once if it cannot be stored under its own key either', async () => {
    const target = cacheOfAnn();
    target.throwing = (entry) => entry.proxyUrl === EVIL;
    const result = await importRows(target, [recordOf(target, { proxyUrl: EVIL }, { key: ANN })], format);
    expect(result).toMatchObject({ loaded: 0, skipped: 0, failed: 1 });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

describe('any import', () => {
  const hosts = ['a.example', '[2001:db8::1]', '198.18.0.1', 'xn--bcher-kva.example'] as const;
  const spellings: Record<string, readonly string[]> = {
    '[2001:db8::1]': ['[2001:DB8::0:1]', '[2001:db8:0:0:0:0:0:1]'],
    '198.18.0.1': ['１９８.18.0.1', '198.18.0.1.'],
    'xn--bcher-kva.example': ['bücher.example', 'BÜCHER.example'],
    'a.example': ['A.Example.', 'a。example'],
  };
  const origin = fc
    .record({
      scheme: fc.constantFrom('http', 'http', 'http', 'socks5'),
      host: fc.constantFrom(...hosts),
      port: fc.constantFrom(80, 80, 80, 81),
    })
    .map(({ scheme, host, port }) => ({ scheme, host, port, url: `${scheme}://${host}:${port}` }));
  const user = fc.constantFrom(null, null, 'ann', 'bob');
  const keyOf = fc.tuple(origin, user).map(([{ url }, username]) => generateCacheKey(url, { username }));
  const anyKey = fc.oneof(keyOf, fc.constantFrom('1', '2', 'its own'));
  const stored = fc.record({ origin, username: user, key: fc.option(anyKey), checks: fc.nat(3) });
  const row = fc.record({
    origin,
    spelling: fc.nat(2),
    key: fc.option(anyKey, { freq: 5 }),
    username: user,
    password: fc.constantFrom(null, null, 'theirs'),
    full: fc.boolean(),
    parts: fc.boolean(),
  });

  it('leaves each stored secret with the proxy and user that it belongs to', async () => {
    const path = makeTempDir(onTestFinished);
    let inherited = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(stored, { minLength: 1, maxLength: 6 }),
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...formats),
        fc.constantFrom('url' as const, 'url+username' as const),
        fc.integer({ min: 1, max: 4 }),
        async (held, given, format, keyIdentity, batchSize) => {
          const target = new MapTarget();
          target.cipher = new TestCipher();
          const homes = new Map<string, { url: string; username: string | null; checks: number }>();
          held.forEach(({ origin: { url }, username, key, checks }, i) => {
            const password = `secret-${i}`;
            const input = { proxyUrl: url, username, password, totalHealthChecks: checks + 10 };
            const entry = CacheEntry.create(key === null ? input : { ...input, key }, target.clock);
            target.map.set(entry.key, entry);
            homes.set(password, { url, username, checks: checks + 10 });
          });
          const before = new Map(target.map);
          const rows = given.map((one): Row => {
            const { scheme, host, port } = one.origin;
            const spelt = [host, ...(spellings[host] ?? [])][one.spelling] ?? host;
            const { key, username, password } = one;
            const address =
              one.parts && !one.full
                ? { ip: spelt, port, protocol: scheme }
                : { proxy_url: `${scheme}://${spelt}:${port}` };
            if (!one.full) return { ...address, username, password, ...(key === null ? {} : { key }) };
            const record = recordOf(target, { proxyUrl: one.origin.url, username, password });
            return { ...record, ...address, ...(key === null ? {} : { key }) };
          });
          const file = join(path, `rows.${format}`);
          writeFileSync(file, FORMATS[format](rows));
          const result = await warmFromFile(target, file, { keyIdentity, batchSize });
          expect(result.failed).toBe(0);

          for (const [key, entry] of target.map) {
            const password = entry.password?.reveal() ?? '';
            const home = homes.get(password);
            if (home !== undefined) {
              expect(originOf(entry.proxyUrl)).toEqual(home.url);
              expect(entry.username?.reveal() ?? null).toEqual(home.username);
              if (before.get(key) !== entry) inherited++;
            }
            const was = before.get(key);
            const isOther = was === undefined || originOf(was.proxyUrl) !== originOf(entry.proxyUrl);
            if (isOther) expect(entry.totalHealthChecks).toBe(0);
            // Only the proxy to which the key belongs may replace another one.
            if (was !== undefined && isOther) {
              const url = entry.proxyUrl;
              // A later row may have named the key, with another user of the same proxy.
              const users = given
                .filter(({ origin }) => originOf(origin.url) === originOf(url))
                .map((one) => one.username);
              const own = [originOf(url), url].flatMap((text) => [
                generateCacheKey(text),
                ...[entry.username, ...users].map((username) => generateCacheKey(text, { username })),
              ]);
              expect(own).toContain(key);
            }
          }
          for (const key of before.keys()) expect(target.map.has(key)).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
    expect(inherited).toBeGreaterThan(20);
  });
});

describe('a cache with real tiers', () => {
  it.each(formats)('never sends stored credentials to the host of a %s row with a stolen key', async (format) => {
    const dir = makeTempDir(onTestFinished);
    await using cache = await openCache({
      l2CacheDir: join(dir, 'l2'),
      l3DatabasePath: join(dir, 'l3.db'),
      encryptionKey: generateKey(),
    });
    const entry = CacheEntry.create({ proxyUrl: 'http://ann:hunter2@gate.example:22225' });
    await cache.put(entry.key, entry);
    const file = join(dir, `list.${format}`);
    writeFileSync(file, FORMATS[format]([{ key: entry.key, proxy_url: EVIL }]));
    expect(await cache.warmFromFile(file)).toMatchObject({ loaded: 1, problemCount: 1 });
    expect(revealed((await cache.get(entry.key))!)).toMatchObject({ proxyUrl: GATE, password: 'hunter2' });
    expect(revealed((await cache.get(generateCacheKey(EVIL)))!)).toMatchObject({ username: null, password: null });
  });

  it('stores a file whose records all have the key of another proxy', async () => {
    const target = new MapTarget();
    const { clock } = target;
    const tiers = [new FaultTier({ clock }), new FaultTier({ clock })];
    await using cache = await CacheManager.open({ tiers, clock });
    const ann = cacheOfAnn().one;
    await cache.put(ann.key, ann);
    const file = join(makeTempDir(onTestFinished), 'records.jsonl');
    writeFileSync(file, FORMATS.jsonl([recordOf(target, { proxyUrl: EVIL }, { key: ANN })]));
    expect(await cache.warmFromFile(file)).toMatchObject({ loaded: 1, failed: 0 });
    expect((await cache.keys()).sort()).toEqual([ANN, generateCacheKey(EVIL)].sort());
  });
});
