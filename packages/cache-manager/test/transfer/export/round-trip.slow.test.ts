import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheEntry, type CacheEntryInput, Secret } from '@pw/cache-models';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager, EXPORT_CREDENTIALS, type ExportCredentials } from '../../../src/index.ts';
import { revealed } from '../../support/import-target.ts';

const clock = new ManualClock();
const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });

async function openEmpty() {
  const cache = await CacheManager.open({ tiers: [(context) => new MemoryCacheTier(context)], cipher, clock });
  onTestFinished(() => cache.close());
  return cache;
}

/** The content of an empty cache after importing the export of another. */
async function throughFile(entries: readonly CacheEntry[], credentials: ExportCredentials) {
  const [from, to] = [await openEmpty(), await openEmpty()];
  for (const entry of entries) expect(await from.put(entry.key, entry)).toBe(true);
  const path = join(makeTempDir(onTestFinished), 'out.jsonl');
  const exported = await from.exportToFile(path, { credentials });
  const imported = await to.warmFromFile(path);
  const found = new Map<string, CacheEntry>();
  for await (const entry of to.entries()) found.set(entry.key, entry);
  await Promise.all([from.close(), to.close()]);
  return { exported, imported, found, path };
}

/** The expected entry after the round trip. */
function expected(entry: CacheEntry, credentials: ExportCredentials): Record<string, unknown> {
  // Whether the first tier of another cache had no room for it is not imported: here it has.
  const all = { ...revealed(entry), evictedFromL1: false };
  return credentials === 'omit' ? { ...all, username: null, password: null } : all;
}

const text = (maxLength: number) =>
  fc.string({ maxLength, unit: fc.constantFrom(...'aé"\\\n\t<>:@/ 𝒳\u0001'.split(/(?:)/u)) });
const secret = fc.oneof(text(30), fc.constantFrom('', 'a'.repeat(16_384), '€'.repeat(16_384), '\u0001'.repeat(16_384)));
const moment = fc.integer({ min: 0, max: 4_000_000_000_000 });
const input: fc.Arbitrary<CacheEntryInput> = fc.record(
  {
    proxyUrl: fc.constantFrom(
      'http://h.example:1',
      'socks5://[2001:db8::1]:1080',
      'https://198.18.0.1:65535',
      'socks4a://a-b.example:8080',
    ),
    key: fc.oneof(
      text(40).filter((key) => key !== ''),
      fc.constantFrom('__proto__', 'k'.repeat(4096), '\u0001'.repeat(4096)),
    ),
    username: secret,
    password: secret,
    source: fc.oneof(text(50), fc.constant('\u0001'.repeat(32_768))),
    lastHealthError: fc.option(fc.oneof(text(50), fc.constant('x'.repeat(32_768)))),
    fetchTime: moment,
    lastAccessed: moment,
    lastHealthCheck: fc.option(moment),
    nextCheckTime: fc.option(moment),
    accessCount: fc.maxSafeNat(),
    ttlSeconds: fc.oneof(fc.nat(), fc.maxSafeNat()),
    failureCount: fc.maxSafeNat(),
    consecutiveHealthFailures: fc.nat(),
    consecutiveHealthSuccesses: fc.nat(),
    recoveryAttempt: fc.nat(),
    totalHealthChecks: fc.maxSafeNat(),
    totalHealthCheckFailures: fc.maxSafeNat(),
    evictedFromL1: fc.boolean(),
    healthStatus: fc.constantFrom('healthy' as const, 'unhealthy' as const, 'unknown' as const),
    labels: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,20}$/), fc.stringMatching(/^[a-zA-Z0-9é=,]{1,30}$/), {
      maxKeys: 32,
    }),
  },
  { requiredKeys: ['proxyUrl', 'key'] },
);

describe.each(EXPORT_CREDENTIALS)('an export with credentials %s', (credentials) => {
  it('of any entry that a cache accepts is imported unchanged into an empty one', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (fields) => {
        const entry = CacheEntry.create({ ...fields, expiresAt: clock.now() + 1000 }, clock);
        const { exported, imported, found } = await throughFile([entry], credentials);
        expect(exported).toEqual({ exported: 1, failed: 0 });
        expect(imported.problems).toEqual([]);
        expect(imported.loaded).toBe(1);
        expect(revealed(found.get(entry.key)!)).toEqual(expected(entry, credentials));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('contains an entry with every string at its limit', async () => {
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`${'n'.repeat(60)}${i}`, 'é'.repeat(256)]));
    const entry = CacheEntry.create(
      {
        proxyUrl: 'http://h.example:1',
        key: '\u0001'.repeat(4096),
        username: '\u0001'.repeat(16_384),
        password: '€'.repeat(16_384),
        source: '\u0002'.repeat(32_768),
        lastHealthError: '\u0003'.repeat(32_768),
        labels,
      },
      clock,
    );
    const { exported, found, path } = await throughFile([entry], credentials);
    expect(exported).toEqual({ exported: 1, failed: 0 });
    expect(readFileSync(path).length).toBeLessThan(1024 * 1024);
    expect(revealed(found.get(entry.key)!)).toEqual(expected(entry, credentials));
  });

  it.each(['not a url', 'proxy one', 'http://h_x:99999'])(
    'contains an invalid URL from ProxyWhirl: %s',
    async (proxyUrl) => {
      const made = CacheEntry.create({ proxyUrl: 'http://h.example:1', key: 'odd' }, clock);
      const entry = CacheEntry.restore({ ...made.toFields(), proxyUrl });
      const { exported, found } = await throughFile([entry], credentials);
      expect(exported).toEqual({ exported: 1, failed: 0 });
      expect(revealed(found.get('odd')!)).toEqual(revealed(entry));
    },
  );

  it('omits and counts entries that an import would refuse', async () => {
    const made = CacheEntry.create({ proxyUrl: 'http://h.example:1', key: 'kept' }, clock);
    const odd = CacheEntry.restore({ ...made.toFields(), key: 'odd', proxyUrl: 'gate 1:2:ann:hunter2' });
    const { exported, imported, found } = await throughFile([made, odd], credentials);
    expect(exported).toEqual({ exported: 1, failed: 1 });
    expect(imported).toMatchObject({ loaded: 1, failed: 0, skipped: 0 });
    expect([...found.keys()]).toEqual(['kept']);
  });
});

describe('a cache refuses entries that an import would refuse', () => {
  it.each([
    ['source', { source: 'x'.repeat(32_769) }],
    ['lastHealthError', { lastHealthError: 'x'.repeat(32_769) }],
    ['username', { username: 'x'.repeat(16_385) }],
    ['password', { username: 'ann', password: 'x'.repeat(16_385) }],
  ])('with a %s beyond the limit, in an error that names it', async (name, fields) => {
    const cache = await openEmpty();
    const made = CacheEntry.create({ proxyUrl: 'http://h.example:1' }, clock);
    const secrets = Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [
        field,
        field.endsWith('name') || field === 'password' ? Secret.of(value) : value,
      ]),
    );
    const entry = CacheEntry.restore({ ...made.toFields(), ...secrets });
    const error = {
      code: 'CACHE_VALIDATION_FAILED',
      message: expect.stringMatching(new RegExp(`${name} must be at most`)),
    };
    await expect(cache.put(entry.key, entry)).rejects.toMatchObject(error);
    await expect(cache.putMany([entry])).rejects.toMatchObject(error);
    expect(await cache.size()).toBe(0);
  });

  it('with a sealed password beyond the limit', async () => {
    const cache = await openEmpty();
    const token = cipher.encrypt(Secret.of('x'.repeat(16_385)));
    const made = CacheEntry.create({ proxyUrl: 'http://h.example:1' }, clock);
    const entry = CacheEntry.restore({ ...made.toFields(), password: Secret.sealed(token, cipher) });
    await expect(cache.put(entry.key, entry)).rejects.toMatchObject({ code: 'CACHE_VALIDATION_FAILED' });
  });
});

it('imports unknown health as unknown', async () => {
  const entry = CacheEntry.create({ proxyUrl: 'http://h.example:1', healthStatus: 'unknown' }, clock);
  const { found } = await throughFile([entry], 'sealed');
  expect(found.get(entry.key)?.healthStatus).toBe('unknown');
});
