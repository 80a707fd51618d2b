import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager, EXPORT_CREDENTIALS, ON_TIER_ERROR, openCache, TtlManager } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import {
  either,
  having,
  isBoolean,
  isEntry,
  isFunction,
  isNull,
  isNumber,
  isText,
  listOf,
  maybe,
  must,
  objectOf,
  oneOf,
  wholeFrom,
} from '../accepts.ts';
import { passingOn } from '../callers-own.ts';
import { constructorOf, methodOf, readAll } from '../calling.ts';
import { type Call, type CallGroup, defineGroup, type Parameter } from '../nonsense-spec.ts';
import { previewing } from './preview-file.ts';
import { entryFilter, healthCheckResult, healthHistoryOptions, rightHealthCheck, tierConfig } from './tier-calls.ts';
import {
  batchSize,
  hooks,
  isIterable,
  isPath,
  options,
  rowOptions,
  warmOptions,
  within,
} from './transfer-parameters.ts';

const LONGEST_TIMER = 2 ** 31 - 1;
const numberFrom =
  (least: number, most = Number.POSITIVE_INFINITY) =>
  (value: unknown) =>
    isNumber(value) && (value as number) >= least && (value as number) <= most;
const above0 = (value: unknown) => isNumber(value) && (value as number) > 0;
const isSeconds = (value: unknown) => above0(value) && (value as number) * 1000 <= LONGEST_TIMER;
const isFinitePositive = (value: unknown) => above0(value) && Number.isFinite(value);
/** Names of any kind, each with a time to live. */
const isTtls = (value: unknown) =>
  objectOf('nonsense', 'inside', 'api')(value) && Object.values(value as object).every(wholeFrom(1));

/** Members of `CacheManagerOptions` that `openCache` accepts as well. */
const shared: readonly Parameter[] = [
  maybe('clock', having('now')),
  maybe('logger', having('debug', 'info', 'warn', 'error')),
  maybe('required', listOf(isText)),
  maybe('tierTimeoutMs', numberFrom(1, LONGEST_TIMER)),
  maybe('loadLeaseMs', numberFrom(100, LONGEST_TIMER)),
  maybe('onTierError', oneOf(...ON_TIER_ERROR)),
  maybe('ttlJitter', objectOf('share', 'random'), [must('share', numberFrom(0, 1)), maybe('random', isFunction)]),
  options('healthThresholds', [
    maybe('deadAfter', wholeFrom(1)),
    maybe('recoverAfter', wholeFrom(1)),
    maybe('slowAfterMs', either(isNull, above0)),
  ]),
  options('healthSchedule', [
    maybe('intervalMs', isFinitePositive),
    maybe('maxIntervalMs', isFinitePositive),
    maybe('jitter', numberFrom(0, 1)),
    maybe('random', isFunction),
  ]),
];

const openOptions: readonly Parameter[] = [
  // A list of tiers; invalid tiers in it are tried below.
  must('tiers', (value) => Array.isArray(value) && value.length === 0),
  maybe('cipher', having('encrypt', 'decrypt')),
  maybe('defaultTtlSeconds', wholeFrom(1)),
  maybe('perSourceTtl', isTtls, [maybe('api', wholeFrom(1))]),
  maybe('healthCheckInvalidation', isBoolean),
  maybe('failureThreshold', wholeFrom(1)),
  maybe('enableStatistics', isBoolean),
  maybe('statisticsInterval', isSeconds),
  maybe('cleanupIntervalSeconds', isSeconds),
  ...shared,
];
const rightOptions = () => ({ tiers: [new MemoryCacheTier()], ttlJitter: { share: 0.5 } });

const config: Parameter = {
  ...maybe('config', objectOf('l1Config', 'l2Config', 'l3Config')),
  members: ['l1Config', 'l2Config', 'l3Config'].map((name) => ({ ...tierConfig, name })),
};

const VARIABLES = ['PROXYWHIRL_CACHE_ENCRYPTION_KEY', 'PROXYWHIRL_CACHE_KEY_PREVIOUS'];
const anyTier = (value: unknown) => typeof value === 'function';

/** In a folder of its own, because a configuration without paths creates its folders in the working directory. */
const opening: CallGroup = defineGroup<string>({
  name: 'functions that open a cache',
  open: () => mkdtempSync(join(tmpdir(), 'pw-nonsense-')),
  close: (folder) => rmSync(folder, { recursive: true }),
  calls: [
    {
      name: 'openCache',
      parameters: [
        config,
        options('options', [
          ...shared,
          maybe(
            'env',
            objectOf('nonsense', 'inside', 'itself', ...VARIABLES),
            VARIABLES.map((name) => maybe(name, isText)),
          ),
        ]),
      ],
      right: () => [
        { l2Config: { enabled: false }, l3Config: { enabled: false } },
        { ttlJitter: { share: 1 }, env: {} },
      ],
      call: passingOn(async (folder, given, more) => {
        const isBag = Object.prototype.toString.call(given) === '[object Object]' || given === undefined;
        const inFolder = { l2CacheDir: join(folder, 'l2'), l3DatabasePath: join(folder, 'l3.db') };
        const cache = await openCache((isBag ? { ...inFolder, ...(given as object) } : given) as never, more as never);
        await cache.close();
      }),
      refusal: 'config',
      isAsync: true,
    },
    {
      name: 'CacheManager.open',
      parameters: [{ ...options('options', openOptions), accepts: objectOf(...openOptions.map(({ name }) => name)) }],
      right: () => [rightOptions()],
      call: async (_, given) => {
        const cache = await CacheManager.open(given as never);
        await cache.close();
      },
      refusal: 'config',
      isAsync: true,
    },
    {
      name: 'CacheManager.open',
      parameters: [
        must('tiers', either(anyTier, objectOf('name', 'tier', 'maxTtlSeconds')), [
          // A factory has a name as well, which may be empty, and is not a tier.
          must('name', isText),
          maybe('tier', anyTier),
          maybe('maxTtlSeconds', either(isNull, isFinitePositive)),
        ]),
      ],
      right: () => [{ name: 'l1', tier: new MemoryCacheTier() }],
      call: async (_, given) => {
        const cache = await CacheManager.open({ tiers: [given as never] });
        await cache.close();
      },
      refusal: 'config',
      isAsync: true,
    },
    {
      name: 'TtlManager',
      parameters: [
        must('target', having('cleanupExpired')),
        options('options', [
          maybe('cleanupInterval', isSeconds),
          maybe('logger', having('debug', 'info', 'warn', 'error')),
        ]),
      ],
      right: () => [{ cleanupExpired: async () => 0 }, {}],
      call: constructorOf(TtlManager),
      refusal: 'config',
    },
    ...['start', 'stop'].map((name) => ({
      name: `TtlManager#${name}`,
      parameters: [],
      right: () => [],
      call: () => {
        const manager = new TtlManager({ cleanupExpired: async () => 0 });
        manager.start();
        manager.stop();
      },
    })),
  ],
});

interface OpenCache {
  readonly folder: string;
  readonly manager: CacheManager;
}

const KEPT = makeEntry('kept');
const PASSING = makeEntry('passing');
/** A key that is never stored: entries loaded under it are removed again. */
const LOADED = makeEntry('loaded');

const key = must('key', isText);
const keys = must('keys', listOf(isText));

function call(
  name: string,
  parameters: readonly Parameter[],
  right: (cache: OpenCache) => readonly unknown[],
  made: Call<OpenCache>['call'] = ({ manager }, ...args) => methodOf(name)(manager, ...args),
): Call<OpenCache> {
  return { name: `CacheManager#${name}`, parameters, right, call: passingOn(made), isAsync: !AT_ONCE.has(name) };
}
const AT_ONCE: ReadonlySet<string> = new Set(['peek', 'peekMany', 'getStatistics', 'on']);

const reads: readonly Call<OpenCache>[] = [
  ...['get', 'lookup', 'peek', 'has'].map((name) => call(name, [key], () => ['kept'])),
  ...['getMany', 'lookupMany', 'peekMany'].map((name) => call(name, [keys], () => [['kept']])),
  ...['getMany', 'lookupMany', 'peekMany', 'deleteMany'].map((name) =>
    call(
      name,
      [{ ...keys, accepts: isText }],
      () => ['passing'],
      ({ manager }, one) => methodOf(name)(manager, [one]),
    ),
  ),
  ...['keys', 'size', 'getStatistics', 'cleanupExpired'].map((name) => call(name, [], () => [])),
  call(
    'entries',
    [],
    () => [],
    ({ manager }) => readAll(manager.entries()),
  ),
  call('query', [entryFilter], () => [{}]),
];

const writes: readonly Call<OpenCache>[] = [
  ...['put', 'putDetailed'].map((name) =>
    call(name, [must('key', oneOf('passing')), must('entry', isEntry)], () => ['passing', PASSING]),
  ),
  call('putMany', [must('entries', listOf(isEntry))], () => [[PASSING]]),
  call(
    'putMany',
    [must('entries', isEntry)],
    () => [PASSING],
    ({ manager }, entry) => manager.putMany([entry as CacheEntry]),
  ),
  call('delete', [key], () => ['passing']),
  call('deleteMany', [keys], () => [['passing']]),
  call(
    'clear',
    [],
    () => [],
    async ({ manager }) => {
      await manager.clear();
      await manager.put('kept', KEPT);
    },
  ),
  call(
    'getOrLoad',
    [
      key,
      must('loader', isFunction),
      options('options', [
        maybe('signal', () => false),
        maybe('timeoutMs', either(isNull, numberFrom(1, LONGEST_TIMER))),
        maybe('staleWhileRevalidate', numberFrom(0, Number.MAX_VALUE)),
      ]),
    ],
    () => ['loaded', () => LOADED, {}],
    async ({ manager }, ...args) => {
      await methodOf('getOrLoad')(manager, ...args);
      await manager.delete('loaded');
    },
  ),
];

const health: readonly Call<OpenCache>[] = [
  call('invalidateByHealth', [key], () => ['passing']),
  call('recordHealthCheck', [key, healthCheckResult], () => ['kept', rightHealthCheck()]),
  call('healthHistory', [key, healthHistoryOptions], () => ['kept', {}]),
  call('dueForHealthCheck', [options('options', [maybe('limit', wholeFrom(1, 10_000))])], () => [{}]),
];

const transfers: readonly Call<OpenCache>[] = [
  call(
    'warmFromFile',
    [must('path', either(isPath, isIterable)), warmOptions],
    () => ['list.txt', {}],
    ({ manager, folder }, at, more) => manager.warmFromFile(within(folder, at) as string, more as never),
  ),
  call(
    'syncFrom',
    [
      must('source', (value) => typeof value === 'string' && value !== '' && value.isWellFormed()),
      must('rows', either(isPath, isIterable)),
      options('options', [...rowOptions, maybe('force', isBoolean)]),
    ],
    () => ['listed', 'list.txt', {}],
    ({ manager, folder }, source, rows, more) =>
      manager.syncFrom(source as string, within(folder, rows) as string, more as never),
  ),
  call(
    'exportToFile',
    [
      must('path', either(isPath, isFunction)),
      options('options', [maybe('credentials', oneOf(...EXPORT_CREDENTIALS)), ...hooks]),
    ],
    () => ['export.jsonl', {}],
    ({ manager, folder }, at, more) => manager.exportToFile(within(folder, at) as string, more as never),
  ),
  call('reencrypt', [options('options', [batchSize, ...hooks])], () => [{}]),
];

const life: readonly Call<OpenCache>[] = [
  call(
    'on',
    [must('name', oneOf('promotion', 'eviction', 'degraded', 'recovered', 'statistics')), must('listener', isFunction)],
    () => ['eviction', () => undefined],
    ({ manager }, ...args) => (methodOf('on')(manager, ...args) as () => void)(),
  ),
  call(
    'close',
    [],
    () => [],
    async () => {
      const cache = await CacheManager.open(rightOptions());
      await cache.close();
    },
  ),
];

const manager: CallGroup = defineGroup<OpenCache>({
  name: 'CacheManager',
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pw-nonsense-'));
    writeFileSync(join(folder, 'list.txt'), 'http://listed.example:8080\n');
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    const opened = await CacheManager.open({
      tiers: [new MemoryCacheTier(), new SqliteCacheTier({ path: join(folder, 'l3.db'), cipher })],
      cipher,
      failureThreshold: 2 ** 40,
    });
    await opened.put('kept', KEPT);
    return { folder, manager: opened };
  },
  close: async ({ manager: opened, folder }) => {
    await opened.close();
    rmSync(folder, { recursive: true });
  },
  assertSound: async ({ manager: opened }) => {
    if (opened.tiers.some(({ tier }) => tier?.enabled !== true)) throw new Error('counts it as a failure of a tier');
    if ((await opened.get('kept'))?.proxyUrl !== KEPT.proxyUrl) throw new Error('loses an entry');
  },
  calls: [...reads, ...writes, ...health, ...transfers, ...life],
});

function makeEntry(name: string): CacheEntry {
  return CacheEntry.create({ key: name, proxyUrl: `http://${name}.example:8080`, ttlSeconds: 86_400 * 365 });
}

export const cacheManager: readonly CallGroup[] = [opening, previewing, manager];
