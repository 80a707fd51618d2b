import { inspect } from 'node:util';
import { entryInputs, ManualClock } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CacheEntry,
  type CacheEntryInput,
  CacheValidationError,
  generateCacheKey,
  HealthStatus,
  maskCredentials,
  recordToEntry,
  Secret,
} from '../../src/index.ts';

const URL_A = 'http://proxy.example.com:8080';

const FIELDS_OF_PROXYWHIRL = [
  'key',
  'proxyUrl',
  'username',
  'password',
  'source',
  'fetchTime',
  'lastAccessed',
  'accessCount',
  'ttlSeconds',
  'expiresAt',
  'healthStatus',
  'failureCount',
  'evictedFromL1',
  'lastHealthCheck',
  'consecutiveHealthFailures',
  'consecutiveHealthSuccesses',
  'recoveryAttempt',
  'nextCheckTime',
  'lastHealthError',
  'totalHealthChecks',
  'totalHealthCheckFailures',
];

function problemsOf(input: unknown): Record<string, string> {
  try {
    CacheEntry.create(input as CacheEntryInput);
  } catch (error) {
    if (!(error instanceof CacheValidationError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
  }
  return {};
}

describe('CacheEntry.create', () => {
  it('requires only the URL and fills in the defaults', () => {
    const clock = new ManualClock(1_700_000_000_000);
    const entry = CacheEntry.create({ proxyUrl: URL_A }, clock);
    expect(entry.toFields()).toEqual({
      key: generateCacheKey(URL_A),
      proxyUrl: URL_A,
      username: null,
      password: null,
      source: 'manual',
      fetchTime: 1_700_000_000_000,
      lastAccessed: 1_700_000_000_000,
      accessCount: 0,
      ttlSeconds: 3600,
      expiresAt: 1_700_003_600_000,
      healthStatus: HealthStatus.UNKNOWN,
      failureCount: 0,
      evictedFromL1: false,
      lastHealthCheck: null,
      consecutiveHealthFailures: 0,
      consecutiveHealthSuccesses: 0,
      recoveryAttempt: 0,
      nextCheckTime: null,
      lastHealthError: null,
      totalHealthChecks: 0,
      totalHealthCheckFailures: 0,
      labels: {},
    });
  });

  it('has the 21 fields of ProxyWhirl and labels', () => {
    expect(Object.keys(CacheEntry.create({ proxyUrl: URL_A }).toFields())).toEqual([...FIELDS_OF_PROXYWHIRL, 'labels']);
  });

  it('has its fields as own properties, except the two counts and absent labels', () => {
    const own = FIELDS_OF_PROXYWHIRL.filter((name) => name !== 'lastAccessed' && name !== 'accessCount');
    expect(Object.keys(CacheEntry.create({ proxyUrl: URL_A }))).toEqual(own);
    expect(Object.keys(CacheEntry.create({ proxyUrl: URL_A, labels: { a: 'b' } }))).toEqual([...own, 'labels']);
  });

  it('moves credentials out of the URL, percent-decoded', () => {
    const entry = CacheEntry.create({ proxyUrl: 'HTTP://us%40er:p%3Aa%2Fss@Proxy.Example.com:8080/' });
    expect(entry.proxyUrl).toBe(URL_A);
    expect(entry.username?.reveal()).toBe('us@er');
    expect(entry.password?.reveal()).toBe('p:a/ss');
  });

  it('accepts a password with a stray percent sign, an at sign or a colon unchanged', () => {
    const entry = CacheEntry.create({ proxyUrl: 'http://u:100%:p@ss@h.example:1' });
    expect(entry.password?.reveal()).toBe('100%:p@ss');
  });

  it('distinguishes the users of one gateway, and never uses a password for the key', () => {
    const keys = [
      'http://a:x@gw.example:1',
      'http://b:x@gw.example:1',
      'http://a:y@gw.example:1',
      'http://gw.example:1',
    ].map((proxyUrl) => CacheEntry.create({ proxyUrl }).key);
    expect(keys[0]).toBe(keys[2]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[3]).toBe(generateCacheKey('http://gw.example:1'));
  });

  it('accepts credentials given twice if they agree, and refuses them if they differ', () => {
    const proxyUrl = 'http://u:p@h.example:1';
    expect(CacheEntry.create({ proxyUrl, username: 'u' }).password?.reveal()).toBe('p');
    expect(problemsOf({ proxyUrl, password: 'other' })).toEqual({ password: expect.stringContaining('differ') });
  });

  it('treats an empty credential as absent', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A, username: '', password: null });
    expect(entry.username).toBeNull();
    expect(entry.password).toBeNull();
    expect(entry.hasCredentials).toBe(false);
  });

  it('accepts times as milliseconds, Date or ISO string', () => {
    const entry = CacheEntry.create({
      proxyUrl: URL_A,
      fetchTime: new Date(5),
      expiresAt: '2024-01-02T03:04:05.678901+05:30',
      lastAccessed: 1.5,
    });
    expect(entry.fetchTime).toBe(5);
    expect(entry.expiresAt).toBe(Date.parse('2024-01-01T21:34:05.678Z') + 0.901);
    expect(entry.lastAccessed).toBe(1.5);
  });

  it('limits expiresAt to the year 9999', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A, ttlSeconds: Number.MAX_SAFE_INTEGER });
    expect(new Date(entry.expiresAt).getUTCFullYear()).toBe(9999);
  });

  it.each([
    'proxy.example.com:8080',
    'ftp://proxy.example.com:8080',
    'http://proxy.example.com',
    'http://:8080',
    'http://proxy.example.com:0',
    'http://proxy.example.com:65536',
    'http://proxy.example.com:8080/path',
    'http://pro xy:8080',
    'http://[::1:8080',
    'http://[nonsense]:8080',
    'http://[::1]',
    '',
  ])('refuses %j as a proxy URL', (proxyUrl) => {
    expect(Object.keys(problemsOf({ proxyUrl }))).toEqual(['proxyUrl']);
  });

  it.each([
    'http://127.0.0.1:80',
    'https://h.example:443',
    'socks4://h:1',
    'socks4a://h:1',
    'socks5://[2001:db8::1]:1080',
    'socks5h://[fe80::1%eth0]:65535',
    'http://under_score.example:1',
  ])('accepts %s', (proxyUrl) => {
    expect(CacheEntry.create({ proxyUrl }).proxyUrl).toBe(proxyUrl);
  });

  it('lists all problems in one error, each with its field and bound, and shows no value', () => {
    const problems = problemsOf({
      proxyUrl: 'http://user:topsecret@h.example',
      accessCount: -1,
      ttlSeconds: 1.5,
      expiresAt: Number.NaN,
      fetchTime: 'topsecret',
      healthStatus: 'topsecret',
      key: '',
      source: '\ud800',
      pasword: 'topsecret',
      proxy_url: 'topsecret',
    });
    expect(Object.keys(problems).sort()).toEqual(
      [
        'accessCount',
        'expiresAt',
        'fetchTime',
        'healthStatus',
        'key',
        'pasword',
        'proxyUrl',
        'proxy_url',
        'source',
        'ttlSeconds',
      ].sort(),
    );
    expect(problems['accessCount']).toContain('0 or more');
    expect(problems['pasword']).toContain('did you mean password?');
    expect(problems['proxy_url']).toContain('did you mean proxyUrl?');
    expect(JSON.stringify(problems)).not.toContain('topsecret');
  });

  it('refuses a value that is not an object', () => {
    for (const input of [undefined, null, 1, 'http://h:1', []])
      expect(() => CacheEntry.create(input as never)).toThrow(CacheValidationError);
  });
});

describe('CacheEntry', () => {
  it('is frozen: neither a field nor a new member can be set', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A });
    expect(Object.isFrozen(entry)).toBe(true);
    for (const name of [...FIELDS_OF_PROXYWHIRL, 'labels', 'extra'])
      expect(() => Object.assign(entry, { [name]: 9 })).toThrow(TypeError);
  });

  it('is expired from expiresAt on, not before', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A, expiresAt: 1000.5 });
    expect(entry.isExpiredAt(1000)).toBe(false);
    expect(entry.isExpiredAt(1000.5)).toBe(true);
    expect(entry.isExpiredAt(1001)).toBe(true);
    expect(entry.isExpired).toBe(true);
    expect(CacheEntry.create({ proxyUrl: URL_A, ttlSeconds: 86_400 }).isExpired).toBe(false);
  });

  it('is healthy only with the status healthy', () => {
    const healthy = Object.values(HealthStatus).filter(
      (healthStatus) => CacheEntry.create({ proxyUrl: URL_A, healthStatus }).isHealthy,
    );
    expect(healthy).toEqual(['healthy']);
  });

  it('is not changed by with(), which returns a copy', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A, password: 'p' });
    const changed = entry.with({ failureCount: 2, username: 'u' });
    expect(entry.failureCount).toBe(0);
    expect(changed.failureCount).toBe(2);
    expect(changed.username?.reveal()).toBe('u');
    expect(changed.password?.reveal()).toBe('p');
    expect(changed.with({ username: null }).username).toBeNull();
    expect(changed.with({}).username?.reveal()).toBe('u');
    expect(() => entry.with({ failureCount: -1 })).toThrow(CacheValidationError);
    expect(() => entry.with({ failure_counts: 1 } as never)).toThrow(/did you mean/);
  });

  it('keeps any field it was created with', () => {
    fc.assert(
      fc.property(entryInputs, (input) => {
        const entry = CacheEntry.create(input);
        for (const [name, value] of Object.entries(input)) {
          if (['proxyUrl', 'username', 'password', 'labels'].includes(name)) continue;
          // A short username may also occur in the source, where it is masked.
          const isText = name === 'source' || name === 'lastHealthError';
          const secrets = [input.username, input.password];
          const kept =
            isText && typeof value === 'string' && value !== 'manual' ? maskCredentials(value, secrets) : value;
          expect(entry[name as keyof CacheEntry]).toBe(kept);
        }
        for (const [name, value] of Object.entries(input.labels ?? {}))
          expect(entry.labels[name]).toBe(maskCredentials(value, [input.username, input.password]).slice(0, 256));
        expect(entry.username?.reveal() ?? '').toBe(input.username ?? '');
        expect(entry.password?.reveal() ?? '').toBe(input.password ?? '');
      }),
    );
  });

  it('contains no credentials in its source or error, neither its own nor others', () => {
    const entry = CacheEntry.create({
      proxyUrl: 'http://ann:hunter2-x@h.example:1',
      source: 'https://me:listpass@example.com/list.txt',
      lastHealthError: '407 for ann with hunter2-x: Proxy-Authorization: Basic YW5uOmh1bnRlcjIteA==',
    });
    expect(entry.source).toBe('https://**********@example.com/list.txt');
    expect(entry.lastHealthError).toBe('407 for ********** with **********: Proxy-Authorization: **********');
    const changed = entry.with({ source: 'me:listpass@example.com', lastHealthError: 'hunter2-x' });
    expect(changed.source).toBe('**********@example.com');
    expect(changed.lastHealthError).toBe('**********');
  });

  it('keeps the usual sources, even if a username is part of them', () => {
    const sources = ['manual', 'provider-a', 'https://example.com/list.txt', 'github:user/repo@main'];
    for (const source of sources) expect(CacheEntry.create({ proxyUrl: URL_A, source }).source).toBe(source);
    expect(CacheEntry.create({ proxyUrl: URL_A, username: 'manual' }).source).toBe('manual');
  });

  it('masks new credentials in existing fields', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A, source: 'list of ann', lastHealthError: 'no hunter2-x' });
    const changed = entry.with({ username: 'ann', password: 'hunter2-x' });
    expect(changed.source).toBe('list of **********');
    expect(changed.lastHealthError).toBe('no **********');
    const moved = entry.with({ proxyUrl: 'http://ann:hunter2-x@h.example:1' });
    expect(moved.source).toBe('list of **********');
    expect(moved.lastHealthError).toBe('no **********');
  });

  it('decrypts no credentials if no text field can contain them', () => {
    let reveals = 0;
    const decrypt = () => {
      reveals++;
      return Secret.of('hunter2-x');
    };
    const password = Secret.sealed(new Uint8Array([1]), { encrypt: () => new Uint8Array(), decrypt });
    const entry = CacheEntry.create({ proxyUrl: URL_A, password, source: 'list hunter2-x' });
    const opened = reveals;
    expect(opened > 0).toBe(true);
    expect(entry.source).toBe('list **********');
    entry.with({ failureCount: 1, source: entry.source });
    JSON.stringify(CacheEntry.create({ proxyUrl: URL_A, password }));
    expect(reveals).toBe(opened);
  });

  it('cuts an error to 4,096 characters without splitting a surrogate pair', () => {
    const create = (lastHealthError: string) => CacheEntry.create({ proxyUrl: URL_A, lastHealthError }).lastHealthError;
    expect(create('x'.repeat(4096))).toHaveLength(4096);
    expect(create('x'.repeat(5000))).toBe('x'.repeat(4096));
    expect(create(`${'x'.repeat(4095)}😀`)).toBe('x'.repeat(4095));
  });

  it('restored from an old record shows no credentials in JSON or when inspected, but keeps its fields', () => {
    const record = {
      key: 'k',
      proxy_url: 'http://ann:hunter2-x',
      password: 'S3cret-of-its-own',
      source: 'https://me:listpass@example.com/list.txt',
      fetch_time: '2026-06-01T00:00:00Z',
      last_accessed: '2026-06-01T00:00:00Z',
      expires_at: '2026-07-01T00:00:00Z',
      ttl_seconds: 3600,
      last_health_error: `407 with S3cret-of-its-own${'.'.repeat(9000)}`,
    };
    const entry = recordToEntry(record, undefined);
    expect(entry.proxyUrl).toEqual(record.proxy_url);
    expect(entry.source).toEqual(record.source);
    expect(entry.lastHealthError).toEqual(record.last_health_error);
    const shown = [JSON.stringify(entry), inspect(entry), inspect({ list: [entry] }, { depth: 9 })];
    for (const text of shown) {
      expect(['hunter2-x', 'listpass', 'S3cret-of-its-own'].filter((trace) => text.includes(trace))).toEqual([]);
      expect(text).toContain('example.com/list.txt');
    }
    expect(entry.toJSON()).toMatchObject({
      proxyUrl: 'http://**********',
      source: expect.stringContaining('example.com'),
    });
  });

  it('can be inspected if its password is part of the mask', () => {
    const entry = CacheEntry.create({ proxyUrl: URL_A, password: '*', source: 'list:*', lastHealthError: 'a "*" b' });
    expect(inspect(entry)).toContain('list:');
  });

  it('refuses a URL that was cut off in its password, without showing any of it', () => {
    const error = (() => {
      try {
        CacheEntry.create({ proxyUrl: 'http://ann:hunter2-x' });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(CacheValidationError);
    expect(inspect(error, { depth: 9 })).not.toMatch(/hunter2|ann/);
    expect(problemsOf({ proxyUrl: URL_A, 'ann:hunter2-x@h': 1 })).toEqual({ '**********@h': expect.any(String) });
  });

  it('accepts a Secret as a credential', () => {
    const password = Secret.of('p');
    expect(CacheEntry.create({ proxyUrl: URL_A, password }).password).toBe(password);
  });
});

describe('an object that only inherits from an entry', () => {
  it('can be shown', () => {
    const derived = Object.create(CacheEntry.create({ proxyUrl: URL_A })) as CacheEntry;
    expect(inspect(derived)).toContain(URL_A);
    expect(JSON.stringify(derived)).toContain(URL_A);
    expect(derived.accessCount).toBeNaN();
  });
});
