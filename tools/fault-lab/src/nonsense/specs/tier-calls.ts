import {
  CacheEntry,
  type CacheTier,
  ENTRY_ORDERS,
  HEALTH_STATUSES,
  PROXY_SCHEMES,
  RemovalReason,
} from '@pw/cache-models';
import {
  isInstant,
  isSideValue,
  type LoggedWrite,
  parseHealthCheck,
  type TierHealthChecks,
  type TierLog,
} from '@pw/cache-models/tier';
import {
  either,
  having,
  isAnything,
  isBoolean,
  isEntry,
  isFunction,
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
} from '../accepts.ts';
import { methodOf, readAll } from '../calling.ts';
import { type Call, type CallGroup, defineGroup, type Parameter } from '../nonsense-spec.ts';
import { markCalls } from './mark-calls.ts';

const VALUES: Readonly<Record<string, (value: unknown) => boolean>> = {
  source: isText,
  protocol: oneOf(...PROXY_SCHEMES),
  healthStatus: oneOf(...HEALTH_STATUSES),
};

/** The entry that exists before each call and must exist after it. */
const KEPT = makeEntry('kept');
/** An entry that calls may store and delete. */
const PASSING = makeEntry('passing');

export interface TierSubject<T extends CacheTier> {
  /** The class under test: its name is the prefix of the calls' names, and only its existing methods are called. */
  readonly Class: { readonly name: string; readonly prototype: object };
  /** A suffix of the class's name, such as the mode. */
  readonly variant?: string;
  readonly open: () => T | Promise<T>;
  /** Called after the tier was closed, for example to remove its files. */
  readonly close?: (tier: T) => unknown;
  /** The parts that the tier claims and that are objects: its prototype does not show them. */
  readonly parts?: readonly (keyof typeof PART_CALLS)[];
  /** Calls that only this class has, with full names. */
  readonly more?: readonly Call<T>[];
}

/** The calls of a synchronous or asynchronous tier: those of the contract that its class has, and `more`. */
export function tierGroup<T extends CacheTier>({
  Class,
  variant,
  open,
  close,
  parts = [],
  more = [],
}: TierSubject<T>): CallGroup {
  const calls = [...readingCalls(), ...writingCalls(), ...livingCalls(), ...optionalCalls(), ...queryCalls()];
  const partCalls = parts.flatMap((part) => PART_CALLS[part]());
  return defineGroup<T>({
    name: variant === undefined ? Class.name : `${Class.name}, ${variant}`,
    open: async () => {
      const tier = await open();
      await tier.put(KEPT.key, KEPT);
      return tier;
    },
    close: async (tier) => {
      await tier.close();
      await close?.(tier);
    },
    assertSound: async (tier) => {
      if (!tier.enabled || tier.failureCount > 0) throw new Error('counts it as a failure of the store');
      if ((await tier.get(KEPT.key))?.proxyUrl !== KEPT.proxyUrl) throw new Error('loses an entry');
    },
    calls: [
      ...calls
        .filter(({ name }) => name in Class.prototype)
        .map((call) => ({ ...call, name: `${Class.name}#${call.name}` })),
      ...partCalls.map((call) => ({ ...call, name: `${Class.name}#${call.name}` })),
      ...more,
    ],
  });
}

const CONFIG_MEMBERS: readonly Parameter[] = [
  maybe('enabled', isBoolean),
  maybe('maxEntries', either(isNull, wholeFrom(1))),
  maybe('evictionPolicy', oneOf('lru', 'lfu', 'fifo')),
];

/** The configuration of a tier alone. */
export const tierConfig: Parameter = maybe(
  'config',
  objectOf('enabled', 'maxEntries', 'evictionPolicy'),
  CONFIG_MEMBERS,
);

/** Members of `TierOptions`. */
const tierOptions: readonly Parameter[] = [
  ...CONFIG_MEMBERS,
  maybe('cipher', having('encrypt', 'decrypt')),
  maybe('clock', having('now')),
  maybe('logger', having('debug', 'info', 'warn', 'error')),
  maybe('onEvict', isFunction),
  maybe('tierType', isText),
  maybe('name', isText),
  maybe('failureThreshold', wholeFrom(1)),
];

/** The options of a tier's constructor: the common ones and its own. */
export function tierOptionsWith(...own: readonly Parameter[]): Parameter {
  const members = [...tierOptions, ...own];
  return maybe('options', objectOf(...members.map(({ name }) => name)), members);
}

type TierCall = Call<CacheTier>;

function call(
  name: string,
  parameters: readonly Parameter[],
  right: () => readonly unknown[],
  made: TierCall['call'] = methodOf(name),
): TierCall {
  return { name, parameters, right, call: made };
}

const KEY = must('key', isText);

function readingCalls(): TierCall[] {
  const keys = must('keys', listOf(isText));
  return [
    ...['get', 'getNow', 'has', 'peek'].map((name) => call(name, [KEY], () => [KEPT.key])),
    call('getMany', [keys], () => [[KEPT.key, PASSING.key]]),
    call(
      'getMany',
      [{ ...keys, accepts: isText }],
      () => [KEPT.key],
      (tier, key) => tier.getMany([key as string]),
    ),
    ...['size', 'keys', 'cleanupExpired'].map((name) => call(name, [], () => [])),
    call(
      'entries',
      [],
      () => [],
      (tier) => readAll(tier.entries()),
    ),
  ];
}

function writingCalls(): TierCall[] {
  const keys = must('keys', listOf(isText));
  const reason = maybe('reason', oneOf(...Object.values(RemovalReason)));
  return [
    // A key that differs from the entry's is refused.
    ...['put', 'putSoon'].map((name) =>
      call(name, [must('key', oneOf(PASSING.key)), must('entry', isEntry)], () => [PASSING.key, PASSING]),
    ),
    call('putMany', [must('entries', listOf(isEntry))], () => [[PASSING]]),
    call(
      'putMany',
      [must('entries', isEntry)],
      () => [PASSING],
      (tier, entry) => tier.putMany([entry as CacheEntry]),
    ),
    call('delete', [KEY, reason], () => [PASSING.key, RemovalReason.HEALTH]),
    call('deleteMany', [keys], () => [[PASSING.key]]),
    call(
      'deleteMany',
      [{ ...keys, accepts: isText }],
      () => [PASSING.key],
      (tier, key) => tier.deleteMany([key as string]),
    ),
    call(
      'clear',
      [],
      () => [],
      async (tier) => {
        await tier.clear();
        await tier.put(KEPT.key, KEPT);
      },
    ),
  ];
}

function livingCalls(): TierCall[] {
  return [
    call('open', [], () => []),
    call(
      'close',
      [],
      () => [],
      async (tier) => {
        await tier.close();
        await tier.put(KEPT.key, KEPT);
      },
    ),
    // A store may throw any value.
    call(
      'handleFailure',
      [must('error', isAnything)],
      () => [new Error('of the store')],
      (tier, error) => {
        tier.handleFailure(error);
        tier.resetFailures();
      },
    ),
    call('resetFailures', [], () => []),
  ];
}

function optionalCalls(): TierCall[] {
  const update = must('updates', objectOf('key', 'hits', 'lastAccessed', 'evictedFromL1'), [
    KEY,
    must('hits', wholeFrom(0)),
    must('lastAccessed', isNumber),
    maybe('evictedFromL1', isBoolean),
  ]);
  const rightUpdate = () => ({ key: KEPT.key, hits: 1, lastAccessed: KEPT.lastAccessed });
  return [
    call('recordAccess', [must('updates', (value) => Array.isArray(value) && value.length === 0)], () => [[]]),
    call(
      'recordAccess',
      [update],
      () => [rightUpdate()],
      (tier, one) => tier.recordAccess([one as never]),
    ),
    call(
      'update',
      [KEY, must('change', isFunction)],
      () => [KEPT.key, (entry: CacheEntry) => entry],
      (tier, ...given) => tier.update!(...(given as Parameters<NonNullable<CacheTier['update']>>)),
    ),
    call(
      'reseal',
      [must('batchSize', wholeFrom(1))],
      () => [100],
      (tier, size) => readAll(tier.reseal!(size as number)),
    ),
  ];
}

function changeCalls(): TierCall[] {
  return [
    call(
      'changes.subscribe',
      [must('listener', isFunction)],
      () => [() => undefined],
      (tier, listener) => {
        tier.changes!.subscribe(listener as () => void)();
      },
    ),
    call(
      'changes.poll',
      [],
      () => [],
      (tier) => tier.changes!.poll(),
    ),
  ];
}

/** The calls of `log`. */
function logCalls(): TierCall[] {
  const version = (name: string) => must(name, wholeFrom(0));
  const options = must('options', objectOf('after', 'timeoutMs'), [
    version('after'),
    must('timeoutMs', (value) => isNumber(value) && (value as number) >= 1),
  ]);
  const write = must('write', objectOf('key', 'entry', 'reason', 'ifVersion'), [
    must('key', oneOf(PASSING.key)),
    must('entry', either(isNull, isEntry)),
    maybe('reason', oneOf(...Object.values(RemovalReason))),
    maybe('ifVersion', wholeFrom(0)),
  ]);
  const updateOptions = must('options', objectOf('after', 'check', 'reason'), [
    version('after'),
    maybe('reason', oneOf(...Object.values(RemovalReason))),
  ]);
  const rightOptions = () => ({ after: 0, timeoutMs: 1000 });
  return [
    call(
      'log.write',
      [must('writes', (value) => Array.isArray(value) && value.length === 0), options],
      () => [[], rightOptions()],
      async (tier, ...given) => {
        await tier.log!.write(...(given as Parameters<TierLog['write']>));
        // A millisecond may be too short for it.
        tier.resetFailures();
      },
    ),
    call(
      'log.write',
      [write],
      () => [{ key: PASSING.key, entry: PASSING }],
      (tier, one) => tier.log!.write([one as LoggedWrite], rightOptions()),
    ),
    call(
      'log.clear',
      [options],
      () => [rightOptions()],
      async (tier, ...given) => {
        await tier.log!.clear(...(given as Parameters<TierLog['clear']>));
        tier.resetFailures();
        await tier.put(KEPT.key, KEPT);
      },
    ),
    call(
      'log.update',
      [KEY, must('change', isFunction), updateOptions],
      () => [KEPT.key, (entry: CacheEntry) => entry, { after: 0 }],
      (tier, ...given) => tier.log!.update(...(given as Parameters<TierLog['update']>)),
    ),
    call(
      'log.replay',
      [must('key', oneOf(PASSING.key)), must('entry', either(isNull, isEntry)), version('version')],
      () => [PASSING.key, PASSING, 1],
      (tier, ...given) => tier.log!.replay(...(given as Parameters<TierLog['replay']>)),
    ),
    call(
      'log.versionOf',
      [KEY],
      () => [KEPT.key],
      (tier, key) => tier.log!.versionOf(key as string),
    ),
    call(
      'log.newestVersionOf',
      [KEY],
      () => [KEPT.key],
      (tier, key) => tier.log!.newestVersionOf(key as string),
    ),
    call(
      'log.read',
      [version('after'), must('limit', wholeFrom(1))],
      () => [0, 10],
      (tier, ...given) => tier.log!.read(...(given as [number, number])),
    ),
    call(
      'log.cursorOf',
      [must('tierId', isText)],
      () => ['above'],
      (tier, id) => tier.log!.cursorOf(id as string),
    ),
    call(
      'log.moveCursor',
      [must('tierId', isText), version('position')],
      () => ['above', 0],
      (tier, ...given) => tier.log!.moveCursor(...(given as [string, number])),
    ),
  ];
}

function leaseCalls(): TierCall[] {
  return [
    call(
      'leases.acquire',
      [KEY, must('milliseconds', (value) => isNumber(value) && (value as number) >= 1), maybe('token', isText)],
      () => ['leased', 1000],
      (tier, ...given) => tier.leases!.acquire(...(given as [string, number, string])),
    ),
    call(
      'leases.release',
      [KEY, must('token', isText)],
      () => ['leased', 'token'],
      (tier, ...given) => tier.leases!.release(...(given as [string, string])),
    ),
  ];
}

/** The calls of `sideValues`. */
function sideValueCalls(): TierCall[] {
  const name = must('name', (value) => typeof value === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(value));
  const sideValue = (which: string) => must(which, isSideValue);
  return [
    call(
      'sideValues.read',
      [name],
      () => ['kept'],
      (tier, ...given) => tier.sideValues!.read(...(given as [string])),
    ),
    call(
      'sideValues.storeIfAbsent',
      [name, sideValue('value')],
      () => ['kept', 'value'],
      (tier, ...given) => tier.sideValues!.storeIfAbsent(...(given as [string, string])),
    ),
    call(
      'sideValues.replace',
      [name, sideValue('value'), sideValue('value')],
      () => ['kept', 'value', 'value'],
      (tier, ...given) => tier.sideValues!.replace(...(given as [string, string, string])),
    ),
  ];
}

function healthCalls(): TierCall[] {
  const check = must('check', objectOf('status', 'checkTime', 'responseTimeMs', 'errorMessage', 'checkUrl'), [
    must('status', oneOf(...HEALTH_STATUSES)),
    must('checkTime', (value) => isNumber(value) && isInstant(value as number)),
    must('responseTimeMs', either(isNull, isNumber)),
    must('errorMessage', either(isNull, isText)),
    must('checkUrl', isText),
  ]);
  return [
    call(
      'health.record',
      [KEY, check, must('change', isFunction)],
      () => [KEPT.key, parseHealthCheck(rightHealthCheck(), 1), (entry: CacheEntry) => entry],
      (tier, ...given) => tier.health!.record(...(given as Parameters<TierHealthChecks['record']>)),
    ),
    call(
      'health.history',
      [KEY, healthHistoryOptions],
      () => [KEPT.key, {}],
      (tier, ...given) => tier.health!.history(...(given as Parameters<TierHealthChecks['history']>)),
    ),
  ];
}

/** The calls of the parts of a tier that are objects. */
const PART_CALLS = {
  health: healthCalls,
  sideValues: sideValueCalls,
  changes: changeCalls,
  leases: leaseCalls,
  log: logCalls,
  marks: () => markCalls({ kept: KEPT, passing: PASSING }),
} as const;

/** A filter of `query`, with all its members. */
export const entryFilter: Parameter = filterOf([
  ...['source', 'protocol', 'healthStatus'].map((name) => maybe(name, either(listOf(VALUES[name]!), VALUES[name]!))),
  maybe('labels', objectOf('country'), [must('country', either(listOf(isLabelValue), isLabelValue))]),
  maybe('text', isText),
  ...['expiresAt', 'lastAccessed'].map((name) =>
    maybe(name, objectOf('from', 'to'), [maybe('from', isTimeLike), maybe('to', isTimeLike)]),
  ),
  maybe('failureCount', objectOf('min', 'max'), [maybe('min', wholeFrom(0)), maybe('max', wholeFrom(0))]),
  maybe('checkDueBy', isTimeLike),
  maybe('includeExpired', isBoolean),
  maybe('orderBy', oneOf(...ENTRY_ORDERS)),
  maybe('direction', oneOf('asc', 'desc')),
  maybe('limit', wholeFrom(1, 10_000)),
  maybe('cursor', isText),
]);

/** The outcome of a health check. */
export const healthCheckResult: Parameter = must(
  'result',
  objectOf('status', 'checkTime', 'responseTimeMs', 'errorMessage', 'checkUrl'),
  [
    must('status', oneOf(...HEALTH_STATUSES)),
    maybe('checkTime', isTimeLike),
    maybe(
      'responseTimeMs',
      either(isNull, (value) => Number.isFinite(value) && (value as number) >= 0),
    ),
    maybe('errorMessage', either(isNull, isText)),
    must('checkUrl', isText),
  ],
);
export const rightHealthCheck = () => ({ status: 'healthy', checkUrl: 'http://check.example/' }) as const;

/** The options that select checks of a history. */
export const healthHistoryOptions: Parameter = maybe('options', objectOf('since', 'limit'), [
  maybe('since', isTimeLike),
  maybe('limit', wholeFrom(1, 10_000)),
]);

function queryCalls(): TierCall[] {
  return [
    call('query', [entryFilter], () => [{}]),
    call('recordHealthCheck', [KEY, healthCheckResult], () => [KEPT.key, rightHealthCheck()]),
    call('healthHistory', [KEY, healthHistoryOptions], () => [KEPT.key, {}]),
  ];
}

function filterOf(members: readonly Parameter[]): Parameter {
  return maybe('filter', objectOf(...members.map(({ name }) => name)), members);
}

function makeEntry(key: string): CacheEntry {
  return CacheEntry.create({ key, proxyUrl: `http://${key}.example:8080`, ttlSeconds: 86_400 * 365 });
}
