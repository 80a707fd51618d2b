import { inspect } from 'node:util';
import { CacheEntry, Secret } from '@pw/cache-models';
import { extractUrlCredentials } from '@pw/cache-models/tier';
import { ManualClock } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';
import { FaultTier } from '../support/fault-tier.ts';

const clock = new ManualClock();

/** An entry as it is read from a file of ProxyWhirl. */
function stored(proxyUrl: string, username: string | null = null, password: string | null = null): CacheEntry {
  const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1', key: 'k' }, clock);
  const secret = (text: string | null) => (text === null ? null : Secret.of(text));
  return CacheEntry.restore({ ...entry.toFields(), proxyUrl, username: secret(username), password: secret(password) });
}

const parts = (entry: CacheEntry | undefined) => [
  entry?.proxyUrl,
  entry?.username?.reveal() ?? null,
  entry?.password?.reveal() ?? null,
];

describe('credentials in a stored URL', () => {
  it.each([
    ['http://ann:hunter2@h:1', 'http://h:1', 'ann', 'hunter2'],
    ['http://ann@h:1', 'http://h:1', 'ann', null],
    ['http://:hunter2@h:1', 'http://h:1', null, 'hunter2'],
    ['socks5://a%40b:p%3Aw%zz@h', 'socks5://h', 'a@b', 'p%3Aw%zz'],
    ['http://ann:p@ss@h:1', 'http://h:1', 'ann', 'p@ss'],
    ['http://ann:p/s?s#s@h:1', 'http://h:1', 'ann', 'p/s?s#s'],
    ['ann:hunter2@h:1', 'h:1', 'ann', 'hunter2'],
    ['http://ann:x@', 'http://', 'ann', 'x'],
    ['http://h:1', 'http://h:1', null, null],
    ['http://h/path@x', 'http://h/path@x', null, null],
    ['no url', 'no url', null, null],
  ])('are moved to their own fields: %s', (url, rest, username, password) => {
    const entry = extractUrlCredentials(stored(url));
    expect(parts(entry)).toEqual([rest, username, password]);
    expect(entry.key).toBe('k');
  });

  it('are dropped if the entry has its own, except for the password of the same user', () => {
    const url = 'http://ann:hunter2@h:1';
    expect(parts(extractUrlCredentials(stored(url, 'bob', 'own')))).toEqual(['http://h:1', 'bob', 'own']);
    expect(parts(extractUrlCredentials(stored(url, 'bob')))).toEqual(['http://h:1', 'bob', null]);
    expect(parts(extractUrlCredentials(stored(url, null, 'own')))).toEqual(['http://h:1', null, 'own']);
    expect(parts(extractUrlCredentials(stored(url, 'ann')))).toEqual(['http://h:1', 'ann', 'hunter2']);
  });

  it('are moved to their own fields in every entry that a cache returns or promotes', async () => {
    const below = new FaultTier({ clock });
    below.store.set('k', stored('http://ann:hunter2@h:1'));
    const above = new MemoryCacheTier({ clock });
    const cache = await CacheManager.open({ tiers: [above, below], clock });
    onTestFinished(() => cache.close());
    for await (const entry of cache.entries()) expect(parts(entry)).toEqual(['http://h:1', 'ann', 'hunter2']);
    const [got, hit] = [await cache.get('k'), cache.peek('k')];
    for (const entry of [got, hit, above.peek('k')]) expect(parts(entry)).toEqual(['http://h:1', 'ann', 'hunter2']);
  });

  it('are moved to their own fields before an entry that is put reaches a tier', async () => {
    const [above, below] = [new MemoryCacheTier({ clock }), new FaultTier({ clock })];
    const cache = await CacheManager.open({ tiers: [above, below], clock });
    onTestFinished(() => cache.close());
    const given = stored('http://ann:hunter2@h:1');
    for (const put of [() => cache.put('k', given), () => cache.putMany([given])]) {
      await put();
      for (const entry of [await cache.get('k'), cache.peek('k'), above.peek('k'), below.store.get('k')])
        expect(parts(entry)).toEqual(['http://h:1', 'ann', 'hunter2']);
    }
  });

  it('do not appear in the JSON or inspect output of an entry that a tier returned', () => {
    for (const url of [
      'http://ann:hunter2@h:1',
      'ann:hunter2@h',
      'http://ann:hunter2@h/x@y',
      'http://x:1/ann:hunter2@h',
    ]) {
      const entry = stored(url);
      for (const text of [
        JSON.stringify(entry),
        inspect(entry),
        inspect({ a: [entry] }, { depth: 9 }),
        JSON.stringify([entry]),
      ])
        expect(text).not.toContain('hunter2');
      expect(inspect(entry)).toMatch(/^CacheEntry \{[\s\S]*\*{10}@/);
      expect(entry.proxyUrl).toBe(url);
    }
    expect(inspect(stored('http://h:1'))).toContain("proxyUrl: 'http://h:1'");
  });
});
