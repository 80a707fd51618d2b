import { CacheEntry, CacheStatistics, Secret, TierStatistics } from '@pw/cache-models';
import {
  type AccessUpdate,
  addAccess,
  claimEntry,
  copyEntry,
  countAccess,
  isBuffered,
  markBuffered,
  promiseOf,
} from '@pw/cache-models/tier';
import {
  either,
  having,
  isAnything,
  isBoolean,
  isBytes,
  isEntry,
  isLabelValue,
  isNull,
  isNumber,
  isText,
  isTimeLike,
  listOf,
  maybe,
  must,
  objectOf,
  oneOf,
  wholeFrom,
} from '../../accepts.ts';
import { methodOf } from '../../calling.ts';
import { calls, constructs, groupOf } from '../../define-calls.ts';
import type { Call, Parameter } from '../../nonsense-spec.ts';
import { anEntry, aSecret, bindingMembers, cipher, isCipher, rightBinding } from './samples.ts';

const isSecret = either(isNull, isText, (value) => Secret.isSecret(value));
const count = wholeFrom(0);
const names = (list: readonly Parameter[]) => list.map(({ name }) => name);

const COUNTS = [
  'accessCount',
  'ttlSeconds',
  'failureCount',
  'consecutiveHealthFailures',
  'consecutiveHealthSuccesses',
  'recoveryAttempt',
  'totalHealthChecks',
  'totalHealthCheckFailures',
];
const fields: readonly Parameter[] = [
  ...COUNTS.map((name) => maybe(name, count)),
  ...['fetchTime', 'lastAccessed', 'expiresAt'].map((name) => maybe(name, isTimeLike)),
  ...['lastHealthCheck', 'nextCheckTime'].map((name) => maybe(name, either(isNull, isTimeLike))),
  ...['username', 'password'].map((name) => maybe(name, isSecret)),
  maybe('key', isText),
  maybe('source', isText),
  maybe('healthStatus', oneOf('unknown', 'healthy', 'degraded', 'unhealthy', 'dead')),
  maybe('evictedFromL1', isBoolean),
  maybe('lastHealthError', either(isNull, isText)),
  maybe('labels', objectOf('country'), [must('country', isLabelValue)]),
];
const NAMES = ['proxyUrl', ...names(fields)];
const now = must('now', isNumber);
const binding = maybe('binding', objectOf('role', 'origin'), bindingMembers);
const aCipher = must('cipher', isCipher);

function method(
  name: string,
  parameters: readonly Parameter[],
  right: () => readonly unknown[],
  subject: () => unknown,
): Call<unknown> {
  return { name, parameters, right, call: (_, ...args) => methodOf(name.split('#')[1]!)(subject(), ...args) };
}

const entryCalls: readonly Call<unknown>[] = [
  calls(
    'CacheEntry.create',
    [must('input', objectOf(...NAMES), [must('proxyUrl', isText), ...fields]), maybe('clock', having('now'))],
    () => [{ proxyUrl: 'http://h.example:8080' }, { now: () => 1 }],
    // A clock that returns an invalid time is not an invalid argument.
    (input: never, clock: unknown) =>
      CacheEntry.create(input, having('now')(clock) ? { now: () => 1 } : (clock as never)),
  ),
  calls(
    'CacheEntry.restore',
    [must('fields', (value) => CacheEntry.isCacheEntry(value))],
    () => [anEntry()],
    CacheEntry.restore,
  ),
  calls('CacheEntry.isCacheEntry', [must('value', isAnything)], () => [anEntry()], CacheEntry.isCacheEntry),
  method(
    'CacheEntry#with',
    [must('patch', objectOf(...NAMES), [maybe('proxyUrl', isText), ...fields])],
    () => [{}],
    anEntry,
  ),
  method('CacheEntry#isExpiredAt', [now], () => [1], anEntry),
  method(
    'CacheEntry#toUrl',
    [maybe('options', objectOf('credentials'), [maybe('credentials', isBoolean)])],
    () => [{}],
    anEntry,
  ),
  method('CacheEntry#toFields', [], () => [], anEntry),
  method('CacheEntry#toJSON', [], () => [], anEntry),
];

const entry = must('entry', isEntry);
const isToken = (value: unknown) => typeof value === 'object' && value !== null;

const accessCalls: readonly Call<unknown>[] = [
  calls('countAccess', [entry, now], () => [anEntry(), 1], countAccess),
  calls(
    'addAccess',
    [entry, must('access', (value) => Number.isSafeInteger((value as Partial<AccessUpdate> | null | undefined)?.hits))],
    () => [anEntry(), { hits: 1, lastAccessed: 1 }],
    addAccess,
  ),
  calls('claimEntry', [entry, must('owner', isToken)], () => [anEntry(), {}], claimEntry),
  calls('copyEntry', [entry, maybe('evictedFromL1', isBoolean)], () => [anEntry(), true], copyEntry),
  calls('isBuffered', [must('entry', isAnything), must('buffer', isAnything)], () => [anEntry(), {}], isBuffered),
  calls('promiseOf', [entry], () => [anEntry()], promiseOf),
  calls('markBuffered', [entry, maybe('buffer', isToken)], () => [anEntry(), {}], markBuffered),
];

const secretCalls: readonly Call<unknown>[] = [
  calls('Secret.of', [must('text', isText)], () => ['secret'], Secret.of),
  calls(
    'Secret.sealed',
    [must('token', either(isText, isBytes)), aCipher, binding, maybe('state', oneOf('current', 'stale'))],
    () => [Buffer.from('token'), cipher, rightBinding(), 'current'],
    Secret.sealed,
  ),
  calls('Secret.isSecret', [must('value', isAnything)], () => [aSecret()], Secret.isSecret),
  method('Secret#reveal', [], () => [], aSecret),
  method('Secret#seal', [aCipher, binding], () => [cipher, rightBinding()], aSecret),
  method('Secret#isCurrent', [aCipher, binding], () => [cipher, rightBinding()], aSecret),
  method('Secret#toString', [], () => [], aSecret),
  method('Secret#toJSON', [], () => [], aSecret),
];

const TIER_COUNTS = [
  'hits',
  'misses',
  'currentSize',
  'evictionsLru',
  'evictionsTtl',
  'evictionsHealth',
  'evictionsCorruption',
  'undecryptable',
].map((name) => maybe(name, count));
const isReport = (value: unknown) => objectOf('name', 'stats', 'degraded')(value) && 'stats' in (value as object);
const stats = (name: string) => maybe(name, (value) => value instanceof TierStatistics);
const statistics: readonly Parameter[] = [
  maybe('tiers', listOf(isReport)),
  ...['l1Stats', 'l2Stats', 'l3Stats'].map(stats),
  ...['promotions', 'demotions'].map((name) => maybe(name, count)),
  ...['l1Degraded', 'l2Degraded', 'l3Degraded'].map((name) => maybe(name, isBoolean)),
  maybe('requestMisses', either(isNull, count)),
];
const someStatistics = () => new CacheStatistics({ requestMisses: 1 });

const statisticsCalls: readonly Call<unknown>[] = [
  constructs(TierStatistics, [maybe('counts', objectOf(...names(TIER_COUNTS)), TIER_COUNTS)], () => [{}]),
  method(
    'TierStatistics#countRemoval',
    [must('reason', oneOf('capacity', 'ttl', 'health', 'corruption', 'explicit')), maybe('count', count)],
    () => ['ttl', 1],
    () => new TierStatistics(),
  ),
  method(
    'TierStatistics#toJSON',
    [],
    () => [],
    () => new TierStatistics(),
  ),
  constructs(CacheStatistics, [maybe('input', objectOf(...names(statistics)), statistics)], () => [{}]),
  ...['toMetricsDict', 'toPrometheus', 'toJSON'].map((name) =>
    method(`CacheStatistics#${name}`, [], () => [], someStatistics),
  ),
];

export const entries = groupOf(
  'entries, secrets and statistics of cache-models',
  ...entryCalls,
  ...accessCalls,
  ...secretCalls,
  ...statisticsCalls,
);
