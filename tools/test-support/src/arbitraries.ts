import fc from 'fast-check';

/** Keys that break careless stores. */
export const hostileKeys: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '0',
  ' ',
  '\u200b',
  'key',
  'KEY',
  'key ',
  'ключ',
  '🔑',
  'é',
  'e\u0301',
  'שלום',
  'a\nb',
  'a\0b',
  '%_sql',
  'a\'b"c\\d',
  'k'.repeat(300),
  'k'.repeat(3000),
];

const count = fc.integer({ min: 0, max: 2 ** 40 });
// Times with a microsecond part from before 1970 to the year 2106, and whole milliseconds up to the year 9999.
const instant = fc.oneof(
  fc.integer({ min: -1_000_000_000_000_000, max: 4_294_967_295_999_999 }).map((microseconds) => microseconds / 1000),
  fc.integer({ min: 4_294_967_296_000, max: 253_402_300_799_999 }),
);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
);
const proxyUrl = fc
  .tuple(
    fc.constantFrom('http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'),
    host,
    fc.integer({ min: 1, max: 65535 }),
  )
  .map(([scheme, name, port]) => `${scheme}://${name}:${port}`);
const key = fc.oneof(
  fc.constantFrom(...hostileKeys),
  text.filter((value) => value !== ''),
);

const label = fc.oneof(
  fc.constantFrom('US', 'DE', 'residential', 'it\'s 5% = a"b\\c;--', 'é漢🔑', ' ', 'x'.repeat(256)),
  text.filter((value) => value !== '' && !/\p{Cc}/u.test(value)),
);
/** Labels for `CacheEntry.create`, with names that break careless stores. */
export const entryLabels = fc.dictionary(
  fc.oneof(
    fc.constantFrom('country', 'kind', 'provider', 'cost', 'constructor', 'toString', 'a.b-c_1', 'KEY', 'key'),
    fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/),
  ),
  label,
  { maxKeys: 4 },
);

/** Inputs for `CacheEntry.create`: every field, hostile keys, microsecond times, absent and empty credentials. */
export const entryInputs = fc.record(
  {
    proxyUrl,
    key,
    username: fc.option(text),
    password: fc.option(text),
    source: text,
    fetchTime: instant,
    lastAccessed: instant,
    accessCount: fc.oneof(count, fc.constant(Number.MAX_SAFE_INTEGER)),
    ttlSeconds: count,
    expiresAt: instant,
    healthStatus: fc.constantFrom('unknown', 'healthy', 'degraded', 'unhealthy', 'dead') as fc.Arbitrary<
      'unknown' | 'healthy' | 'degraded' | 'unhealthy' | 'dead'
    >,
    failureCount: count,
    evictedFromL1: fc.boolean(),
    lastHealthCheck: fc.option(instant),
    consecutiveHealthFailures: count,
    consecutiveHealthSuccesses: count,
    recoveryAttempt: count,
    nextCheckTime: fc.option(instant),
    lastHealthError: fc.option(text),
    totalHealthChecks: count,
    totalHealthCheckFailures: count,
    labels: entryLabels,
  },
  { requiredKeys: ['proxyUrl', 'key'] },
);
