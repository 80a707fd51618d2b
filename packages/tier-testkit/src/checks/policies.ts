import { EvictionPolicy } from '@pw/cache-models';
import type { ContractRule } from '../contract/contract-rules.ts';
import { PolicyOracle } from '../histories/policy-oracle.ts';
import { tryHistories } from '../histories/try-histories.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import { store } from './capacity.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

const { LRU, LFU, FIFO } = EvictionPolicy;
const POLICIES = [LRU, LFU, FIFO];

/**
 * Steps on a tier with room for three entries (a put, `use`, `look` or `delete` of a key), and the keys that must be
 * left afterwards.
 */
interface Scene {
  readonly name: string;
  readonly rule: ContractRule;
  readonly policies: readonly EvictionPolicy[];
  readonly steps: readonly string[];
  readonly left: readonly string[];
}

const SCENES: readonly Scene[] = [
  {
    name: 'evicts the least recently used entry with lru',
    rule: 'lru',
    policies: [LRU],
    steps: ['a', 'b', 'c', 'use a', 'use b', 'd', 'use a', 'e'],
    left: ['a', 'd', 'e'],
  },
  {
    name: 'counts a put as a use with lru',
    rule: 'lru',
    policies: [LRU],
    steps: ['a', 'b', 'c', 'a', 'd'],
    left: ['a', 'c', 'd'],
  },
  {
    name: 'evicts the least frequently used entry with lfu',
    rule: 'lfu',
    policies: [LFU],
    // b is used last and least often: neither lru nor fifo would evict it.
    steps: ['a', 'b', 'c', 'use a', 'use a', 'use c', 'use c', 'use b', 'd', 'e'],
    left: ['a', 'c', 'e'],
  },
  {
    name: 'evicts the oldest of equally used entries with lfu',
    rule: 'lfu',
    policies: [LFU],
    steps: ['a', 'b', 'c', 'd', 'e'],
    left: ['c', 'd', 'e'],
  },
  {
    name: 'ignores reads with fifo',
    rule: 'fifo',
    policies: [FIFO],
    steps: ['a', 'b', 'c', 'use a', 'use a', 'use b', 'd', 'use b', 'e'],
    left: ['c', 'd', 'e'],
  },
  {
    name: 'keeps the place of a replaced entry with fifo',
    rule: 'fifo',
    policies: [FIFO],
    steps: ['a', 'b', 'c', 'a', 'd'],
    left: ['b', 'c', 'd'],
  },
  {
    name: 'does not count has, peek or a listing as a use',
    rule: 'looks',
    policies: POLICIES,
    steps: ['a', 'b', 'c', 'look a', 'look a', 'look a', 'd', 'look b', 'e'],
    left: ['c', 'd', 'e'],
  },
  {
    name: 'ranks a key that was deleted and stored again by its latest put',
    rule: 'fifo',
    policies: POLICIES,
    steps: ['a', 'b', 'delete a', 'a', 'c', 'd'],
    left: ['a', 'c', 'd'],
  },
];

/** Performs every read that must not count as a use. */
async function look(tier: ObservedTier, key: string): Promise<void> {
  await tier.has(key);
  await tier.peek(key);
  await tier.keys();
  await tier.size();
  await tier.entries();
  if (tier.raw.query !== undefined) await tier.call('query()', () => tier.raw.query!());
}

async function step(trial: Trial, tier: ObservedTier, action: string): Promise<void> {
  const [what, key] = action.split(' ') as [string, string | undefined];
  if (key === undefined) return store(trial, tier, what);
  trial.clock.advance(1000);
  if (what === 'use') await tier.use(key, trial.clock.now());
  else if (what === 'look') await look(tier, key);
  else await tier.delete(key);
}

const scenes = SCENES.map(
  ({ name, rule, policies, steps, left }): Check => ({
    name,
    rule,
    run: async (trial) => {
      for (const evictionPolicy of policies) {
        const tier = await trial.tier({ config: { maxEntries: 3, evictionPolicy } });
        await tier.clear();
        for (const action of steps) await step(trial, tier, action);
        const what = `keys with ${evictionPolicy} and maxEntries 3 after ${steps.join(', ')}`;
        trial.sameSet(what, await tier.keys(), left);
        await tier.clear();
        await tier.close();
      }
    },
  }),
);

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const MAX = 4;
const DEFAULT_RUNS = 100;

/** Runs one history on an empty tier, and compares every eviction with the oracle. */
async function runHistory(trial: Trial, tier: ObservedTier, policy: EvictionPolicy, history: readonly string[]) {
  const oracle = new PolicyOracle(policy);
  await tier.clear();
  for (const action of history) {
    const [what, key] = action.split(' ') as ['put' | 'use' | 'look' | 'delete', string];
    // A tier may keep or reset the use count of a replaced entry.
    if (what === 'put' && !(policy === LFU && oracle.has(key))) await put(trial, tier, oracle, key);
    else if (what !== 'put') await step(trial, tier, action);
    if (what === 'use') oracle.use(key);
    if (what === 'delete') oracle.remove(key);
    trial.sameSet(`keys with ${policy} after ${action}`, await tier.keys(), oracle.keys);
  }
}

async function put(trial: Trial, tier: ObservedTier, oracle: PolicyOracle, key: string): Promise<void> {
  const needsRoom = !oracle.has(key) && oracle.keys.length === MAX;
  const before = tier.evictions.length;
  const candidates = oracle.candidates();
  await store(trial, tier, key);
  const gone = tier.evictions.slice(before).map((eviction) => eviction.key);
  trial.same(`number of entries evicted for "${key}"`, gone.length, needsRoom ? 1 : 0, 'capacity');
  for (const other of gone) {
    trial.holds(`entry evicted for "${key}"`, candidates.includes(other), candidates.join(' or '), other);
    oracle.remove(other);
  }
  oracle.put(key);
}

const historyChecks = POLICIES.map(
  (policy): Check => ({
    name: `follows ${policy} in random histories`,
    rule: policy,
    run: async (trial) => {
      const { fastCheck, runs = DEFAULT_RUNS } = trial.subject;
      const tier = await trial.tier({ config: { maxEntries: MAX, evictionPolicy: policy } });
      const action = fastCheck
        .tuple(
          fastCheck.constantFrom('put', 'put', 'put', 'use', 'use', 'look', 'delete'),
          fastCheck.constantFrom(...KEYS),
        )
        .map((pair) => pair.join(' '));
      const histories = fastCheck.array(action, { minLength: 5, maxLength: 40, size: 'max' });
      await tryHistories(trial, histories, Math.ceil(runs / 5), (history) => runHistory(trial, tier, policy, history));
    },
  }),
);

/** Checks that lower maxEntries while the tier is closed. */
const lowered = POLICIES.map(
  (policy): Check => ({
    name: `evicts down to a lowered maxEntries in the order of ${policy}`,
    rule: policy,
    run: async (trial) => {
      const keys = Array.from({ length: 8 }, (_, at) => `k${at}`);
      const first = await trial.tier({ config: { maxEntries: 8, evictionPolicy: policy } });
      await store(trial, first, ...keys);
      await step(trial, first, 'use k0');
      await first.close();
      const second = await trial.tier({ config: { maxEntries: 3, evictionPolicy: policy } });
      trial.clock.advance(1000);
      await second.put(makeEntry('new', {}, trial.clock.now()));
      const left = policy === FIFO ? ['k6', 'k7', 'new'] : ['k0', 'k7', 'new'];
      trial.sameSet('keys after a put, when reopened with maxEntries 3 instead of 8', await second.keys(), left);
      trial.same('size', await second.size(), 3, 'capacity');
    },
  }),
);

export const policies: CheckGroup = {
  name: 'eviction policies',
  checks: ({ capabilities }: Claims) => [...scenes, ...historyChecks, ...(capabilities.persistent ? lowered : [])],
};
