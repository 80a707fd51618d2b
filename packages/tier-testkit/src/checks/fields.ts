import { CacheEntry, type CacheEntryInput, HEALTH_STATUSES, HealthStatus, Secret } from '@pw/cache-models';
import { MAX_INSTANT, MIN_INSTANT } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { expectRoundTrip } from '../assertions/round-trips.ts';
import { HOUR, makeEntry } from '../samples/make-entry.ts';
import { plainEntry } from '../trial/plain-entry.ts';
import type { Check, CheckGroup } from './check.ts';

type Field = keyof CacheEntryInput;

const TIMES = ['fetchTime', 'lastAccessed', 'lastHealthCheck', 'nextCheckTime'] as const satisfies readonly Field[];
const COUNTS = [
  'accessCount',
  'ttlSeconds',
  'failureCount',
  'consecutiveHealthFailures',
  'consecutiveHealthSuccesses',
  'recoveryAttempt',
  'totalHealthChecks',
  'totalHealthCheckFailures',
] as const satisfies readonly Field[];

/** From this time on, a store keeps whole milliseconds; see `toStorable` of the models. */
const YEAR_2106 = 2 ** 32 * 1000;

/** An entry for each value of each field. */
function each<T>(names: readonly Field[], values: readonly T[]): CacheEntry[] {
  return names.flatMap((name) =>
    values.map((value, at) => makeEntry(`${name} ${at}`, { [name]: value } as Partial<CacheEntryInput>)),
  );
}

/** An entry in which no two fields of one type are equal, so that swapped fields are detected. */
const ALL_DIFFERENT: CacheEntryInput = {
  proxyUrl: 'socks5h://[2001:db8::7]:65535',
  username: 'user of one kind',
  password: 'password of another',
  source: 'a source',
  lastHealthError: 'an error',
  healthStatus: HealthStatus.DEGRADED,
  evictedFromL1: true,
  labels: { country: 'a country', kind: 'of a kind' },
  ...Object.fromEntries(TIMES.map((name, at) => [name, START - at * 1000 - 1])),
  expiresAt: START + HOUR + 17,
  ...Object.fromEntries(COUNTS.map((name, at) => [name, 100 + at])),
};

const STRING_LENGTHS = [0, 1, 255, 256, 65_535, 65_536, 100_000];

const checks: Check[] = [
  {
    name: 'keeps every field in its place',
    rule: 'fields',
    run: async (trial) => {
      const full = makeEntry('all different', ALL_DIFFERENT);
      const names = Object.keys(plainEntry(full)!);
      trial.same('number of fields of an entry', names.length, 22);
      await expectRoundTrip(trial, [full, makeEntry('plain')]);
    },
  },
  {
    name: 'keeps the microseconds of a time',
    rule: 'fields',
    run: async (trial) => {
      const values = [0.001, 0.5, 0.123, 999.999].map((part) => START - 1000 + part);
      await expectRoundTrip(trial, each(TIMES, values));
    },
  },
  {
    name: 'keeps the microseconds of a deadline',
    rule: 'fields',
    run: async (trial) => {
      const values = [0.001, 0.5, 0.123, 999.999].map((part) => START + HOUR + part);
      const tier = await expectRoundTrip(trial, each(['expiresAt'], values));
      await tier.put(makeEntry('a', { expiresAt: START + 10.5 }));
      trial.clock.set(START + 10.499);
      trial.same('has 1 microsecond before a deadline at half a millisecond', await tier.has('a'), true, 'expires');
      trial.clock.set(START + 10.5);
      trial.same('has at a deadline at half a millisecond', await tier.has('a'), false, 'expires');
    },
  },
  {
    name: 'keeps a time at the limits of the calendar',
    rule: 'fields',
    run: async (trial) => {
      const edges = [YEAR_2106 - 0.001, YEAR_2106, YEAR_2106 + 1, MAX_INSTANT - 1, MAX_INSTANT];
      const values = [MIN_INSTANT, MIN_INSTANT + 1, -86_400_000.001, -0.001, 0, 0.001, 1, 2 ** 31 * 1000, ...edges];
      await expectRoundTrip(trial, [...each(TIMES, values), ...each(['expiresAt'], edges)]);
    },
  },
  {
    name: 'distinguishes null from an empty string and from zero',
    rule: 'fields',
    run: async (trial) => {
      const nothing = { username: null, password: null, lastHealthCheck: null, nextCheckTime: null };
      await expectRoundTrip(trial, [
        makeEntry('all null', { ...nothing, lastHealthError: null }),
        makeEntry('empty error', { ...nothing, lastHealthError: '' }),
        makeEntry('string null', { lastHealthError: 'null', source: 'null' }),
        makeEntry('time 0', { lastHealthCheck: 0, nextCheckTime: 0 }),
        makeEntry('empty source', { source: '' }),
        makeEntry('only a username', { username: 'somebody' }),
        makeEntry('only a password', { password: 'something' }),
        makeEntry('both', { username: 'somebody', password: 'something' }),
      ]);
    },
  },
  {
    name: 'treats an empty credential as none',
    rule: 'fields',
    run: async (trial) => {
      // CacheEntry.create turns it into null, but records of other programs contain it.
      const empty = Secret.of('');
      const tier = await trial.tierWith([
        CacheEntry.restore({ ...makeEntry('both').toFields(), username: empty, password: empty }),
        CacheEntry.restore({ ...makeEntry('password').toFields(), username: Secret.of('somebody'), password: empty }),
      ]);
      const [both, password] = [await tier.get('both'), await tier.get('password')];
      trial.same('empty username', both?.username?.reveal() ?? '', '');
      trial.same('empty password', both?.password?.reveal() ?? '', '');
      trial.same('username beside an empty password', password?.username?.reveal(), 'somebody');
      trial.same('empty password beside a username', password?.password?.reveal() ?? '', '');
    },
  },
  {
    name: 'keeps every digit of a large number',
    rule: 'fields',
    run: async (trial) => {
      const values = [0, 1, 255, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1];
      await expectRoundTrip(trial, each(COUNTS, values));
    },
  },
  {
    name: 'keeps long strings whole',
    rule: 'fields',
    run: async (trial) => {
      const texts = STRING_LENGTHS.map((length) => 'error at hop 7; '.repeat(length / 16 + 1).slice(0, length));
      await expectRoundTrip(trial, [
        ...each(['lastHealthError', 'source'], [...texts, 'é漢🔑'.repeat(20_000)]),
        ...each(['username', 'password'], ['x'.repeat(255), 'é漢🔑'.repeat(2000)]),
      ]);
    },
  },
  {
    name: 'keeps every health status',
    rule: 'fields',
    run: async (trial) => void (await expectRoundTrip(trial, each(['healthStatus'], HEALTH_STATUSES))),
  },
  {
    name: 'keeps the URL of a proxy',
    rule: 'fields',
    run: async (trial) => {
      const hosts = ['192.0.2.1:1', '[2001:db8::1]:65535', 'proxy.example:3128', `${'a'.repeat(60)}.example:80`];
      const schemes = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'];
      const urls = schemes.flatMap((scheme) => hosts.map((host) => `${scheme}://${host}`));
      await expectRoundTrip(trial, each(['proxyUrl'], urls));
    },
  },
];

export const fields: CheckGroup = { name: 'fields', checks: () => checks };
