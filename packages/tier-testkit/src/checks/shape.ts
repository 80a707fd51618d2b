import type { CacheTier, TierCapabilities } from '@pw/cache-models';
import { type ClaimedPart, TIER_CONTRACT_VERSION, TIER_PARTS } from '@pw/cache-models/tier';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const METHODS = [
  'open',
  'close',
  'get',
  'put',
  'delete',
  'has',
  'peek',
  'getMany',
  'putMany',
  'deleteMany',
  'clear',
  'size',
  'keys',
  'entries',
  'cleanupExpired',
  'recordAccess',
  'handleFailure',
  'resetFailures',
] as const satisfies readonly (keyof CacheTier)[];

const CAPABILITIES = [
  'synchronous',
  'persistent',
  'shared',
  'ordered',
  'query',
  'countsAccesses',
  'immediate',
  'health',
  'reseal',
  'sideValues',
  'leases',
  'changes',
  'update',
  'log',
  'marks',
] as const satisfies readonly (keyof TierCapabilities)[];

const COUNTS = [
  'hits',
  'misses',
  'currentSize',
  'evictionsLru',
  'evictionsTtl',
  'evictionsHealth',
  'evictionsCorruption',
  'undecryptable',
  'hitRate',
  'totalEvictions',
] as const;

const checks: Check[] = [
  {
    name: 'has a name and a tier type',
    rule: 'shape',
    run: async (trial) => {
      const { name, tierType } = (await trial.tier()).raw;
      trial.holds('name', typeof name === 'string' && name !== '', 'a non-empty string', name);
      trial.holds('tierType', typeof tierType === 'string' && tierType !== '', 'a non-empty string', tierType);
    },
  },
  {
    name: 'has the configuration that it was created with',
    rule: 'shape',
    run: async (trial) => {
      const { config } = (await trial.tier()).raw;
      const { enabled, maxEntries, evictionPolicy } = config;
      trial.same('default config', { enabled, maxEntries, evictionPolicy }, DEFAULTS);
      for (const given of [
        { enabled: true, maxEntries: 7, evictionPolicy: 'fifo' },
        { enabled: false, maxEntries: 1, evictionPolicy: 'lfu' },
      ] as const) {
        const tier = await trial.tier({ config: given });
        const received = tier.raw.config;
        trial.same('config.enabled', received.enabled, given.enabled);
        trial.same('config.maxEntries', received.maxEntries, given.maxEntries);
        trial.same('config.evictionPolicy', received.evictionPolicy, given.evictionPolicy);
        trial.same(`enabled of a tier configured with enabled: ${given.enabled}`, tier.enabled, given.enabled);
      }
    },
  },
  {
    name: 'states every capability as a boolean',
    rule: 'shape',
    run: async (trial) => {
      const { capabilities } = (await trial.tier()).raw;
      for (const name of CAPABILITIES) {
        trial.holds(`capabilities.${name}`, typeof capabilities[name] === 'boolean', 'a boolean', capabilities[name]);
      }
    },
  },
  {
    name: 'states a supported contract version',
    rule: 'shape',
    run: async (trial) => {
      const { contractVersion } = (await trial.tier()).raw;
      // A manager accepts the current contract version and the previous one.
      const accepted = [TIER_CONTRACT_VERSION, TIER_CONTRACT_VERSION - 1].filter((version) => version >= 1);
      const what = `one of ${accepted.join(', ')}`;
      trial.holds('contractVersion', accepted.includes(contractVersion), what, contractVersion);
    },
  },
  {
    name: 'has every method of the contract',
    rule: 'shape',
    run: async (trial) => {
      const { raw } = await trial.tier();
      for (const name of METHODS) trial.same(`type of ${name}`, typeof raw[name], 'function');
    },
  },
  {
    name: 'has the parts of exactly the capabilities that it claims',
    rule: 'shape',
    run: async (trial) => {
      const { raw } = await trial.tier();
      for (const [part, functions] of Object.entries(TIER_PARTS))
        expectPart(trial, raw, part as ClaimedPart, functions);
      const { immediate } = raw.capabilities;
      const what = `type of getNow in a tier that claims immediate: ${immediate}`;
      trial.same(what, typeof raw.getNow, immediate ? 'function' : 'undefined', 'now');
    },
  },
  {
    name: 'reports its own state correctly',
    rule: 'shape',
    run: async (trial) => {
      const tier = await trial.tier({ failureThreshold: 5 });
      const { raw } = tier;
      trial.same('enabled', raw.enabled, true);
      trial.same('failureCount', raw.failureCount, 0);
      trial.same('failureThreshold of a tier made with 5', raw.failureThreshold, 5);
      await tier.open();
      expectZeroCounts(trial, tier);
      await tier.close();
      expectZeroCounts(trial, tier);
    },
  },
];

const DEFAULTS = { enabled: true, maxEntries: null, evictionPolicy: 'lru' };

/** A claimed part is there with all its functions; any other part is absent. */
function expectPart(trial: Trial, tier: CacheTier, name: ClaimedPart, functions: readonly string[] | null): void {
  const claimed = tier.capabilities[name];
  const part = tier[name];
  const expectType = (member: string, value: unknown, type: string): void =>
    trial.same(`type of ${member} in a tier that claims ${name}: ${claimed}`, typeof value, type, name);
  if (!claimed) expectType(name, part, 'undefined');
  else if (functions === null) expectType(name, part, 'function');
  else for (const one of functions) expectType(`${name}.${one}`, memberOf(part, one), 'function');
}

function memberOf(part: unknown, name: string): unknown {
  return (part as Readonly<Record<string, unknown>> | undefined)?.[name];
}

function expectZeroCounts(trial: Trial, { statistics }: ObservedTier): void {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, statistics[name]]));
  trial.same('statistics of an unused tier', counts, Object.fromEntries(COUNTS.map((name) => [name, 0])));
}

export const shape: CheckGroup = { name: 'shape', checks: () => checks };
