import { compareTexts } from '@pw/cache-models/tier';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

/** Keys whose order by UTF-8 bytes differs from their UTF-16, their dictionary and their numeric order. */
const REVEALING_KEYS = [
  ...['a', 'B', 'b', 'A', 'ab', 'a ', 'a!', 'aa', 'Z', '_', '-', '~', ' ', '\0', '\u007f', '\n', 'a\0', 'a\0b'],
  ...['1', '10', '2', '02', '9', '-1', '1e3', 'key 9', 'key 10', 'é', 'e', 'f', 'ä', 'z', 'ß', 'ss', 'ñ', 'n'],
  ...['\u0800', '\uffff', '\ufffd', '\ue000', '🔑', '\u{10ffff}', '\u{10000}', '漢', 'ﬀ', 'э', 'ключ', 'שלום'],
];

/** The keys in a different order for each `step`, which must share no factor with their number. */
function shuffled(keys: readonly string[], step: number): string[] {
  return keys.map((_, at) => keys[(at * step + 1) % keys.length]!);
}

const STEPS = [1, 5, 7, 11, 13];

async function listed(tier: ObservedTier): Promise<[string[], string[]]> {
  return [await tier.keys(), (await tier.entries()).map(({ key }) => key)];
}

async function expectOrder(trial: Trial, tier: ObservedTier, keys: readonly string[], when: string): Promise<void> {
  const expected = [...keys].sort(compareTexts);
  const [names, entries] = await listed(tier);
  trial.same(`keys() ${when}`, names, expected);
  trial.same(`keys of entries() ${when}`, entries, expected);
}

const claimed: Check[] = [
  {
    name: 'lists entries in the byte order of their keys',
    rule: 'ordered',
    run: async (trial) => {
      const tier = await trial.tier();
      for (const step of STEPS) {
        const keys = shuffled(REVEALING_KEYS, step);
        for (const key of keys) await tier.put(makeEntry(key));
        await expectOrder(trial, tier, keys, 'after puts in any order');
        await tier.clear();
        await tier.putMany(keys.map((key) => makeEntry(key)));
        await expectOrder(trial, tier, keys, 'after putMany in any order');
        await tier.clear();
      }
    },
  },
  {
    name: 'keeps its order when entries are used, replaced or deleted',
    rule: 'ordered',
    run: async (trial) => {
      const tier = await trial.tierWith(REVEALING_KEYS.map((key) => makeEntry(key)));
      for (const key of shuffled(REVEALING_KEYS, 7).slice(0, 9)) {
        await tier.use(key, trial.clock.now() + 1);
        await tier.put(makeEntry(key, { source: 'replaced' }));
      }
      await expectOrder(trial, tier, REVEALING_KEYS, 'after entries were used and replaced');
      const gone = shuffled(REVEALING_KEYS, 5).slice(0, 11);
      await tier.deleteMany(gone);
      await expectOrder(
        trial,
        tier,
        REVEALING_KEYS.filter((key) => !gone.includes(key)),
        'after entries were deleted',
      );
      await tier.putMany(gone.map((key) => makeEntry(key)));
      await expectOrder(trial, tier, REVEALING_KEYS, 'after they were put again');
    },
  },
];

const unclaimed: Check[] = [
  {
    name: 'claims ordered if it always lists in key order',
    rule: 'ordered',
    run: async (trial) => {
      const tier = await trial.tier();
      let ordered = 0;
      for (const step of STEPS) {
        for (const key of shuffled(REVEALING_KEYS, step)) await tier.put(makeEntry(key));
        const expected = JSON.stringify([...REVEALING_KEYS].sort(compareTexts));
        const lists = await listed(tier);
        if (lists.every((list) => JSON.stringify(list) === expected)) ordered++;
        await tier.clear();
      }
      const what = 'number of times that keys() and entries() are in key order, with ordered: false';
      trial.holds(what, ordered < STEPS.length, `less than ${STEPS.length} of ${STEPS.length}`, ordered);
    },
  },
];

export const ordered: CheckGroup = {
  name: 'ordered',
  checks: ({ capabilities }: Claims) => (capabilities.ordered ? claimed : unclaimed),
};
