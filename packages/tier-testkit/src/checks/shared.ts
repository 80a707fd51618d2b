import type { CacheEntry } from '@pw/cache-models';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import { numberedEntry } from '../samples/numbered-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';
import { acrossProcesses } from './shared-processes.ts';

const MANY = 60;

/** Opens two tiers on one store. */
async function twoTiers(trial: Trial): Promise<[ObservedTier, ObservedTier]> {
  const [one, other] = [await trial.tier(), await trial.tier()];
  await one.open();
  await other.open();
  return [one, other];
}

async function expectSeen(
  trial: Trial,
  tier: ObservedTier,
  expected: readonly CacheEntry[],
  when: string,
): Promise<void> {
  const keys = expected.map(({ key }) => key);
  for (const entry of expected) {
    trial.same(`has("${entry.key}") of the other tier ${when}`, await tier.has(entry.key), true);
    trial.sameEntry(`get("${entry.key}") of the other tier ${when}`, await tier.get(entry.key), entry);
  }
  trial.sameSet(`keys of the other tier ${when}`, await tier.keys(), keys);
  trial.sameSet(
    `entries of the other tier ${when}`,
    (await tier.entries()).map(({ key }) => key),
    keys,
  );
  trial.same(`size of the other tier ${when}`, await tier.size(), expected.length);
}

const checks: Check[] = [
  {
    name: 'sees the writes of another tier on its store immediately',
    rule: 'shared',
    run: async (trial) => {
      const [one, other] = await twoTiers(trial);
      const [a, b, c] = [makeEntry('a'), makeEntry('b'), makeEntry('c')];
      await one.put(a);
      await expectSeen(trial, other, [a], 'after a put');
      await other.put(b);
      await expectSeen(trial, one, [a, b], 'after puts by both');
      const newer = makeEntry('a', { source: 'newer', failureCount: 4 });
      await one.putMany([newer, c]);
      await expectSeen(trial, other, [newer, b, c], 'after a batch that replaces an entry');
      trial.same('delete of an entry stored by the other tier', await one.delete('b'), true);
      await expectSeen(trial, other, [newer, c], 'after a delete');
      trial.same('delete of an entry deleted by the other tier', await other.delete('b'), false);
      trial.same('clear of the entries of both', await other.clear(), 2);
      await expectSeen(trial, one, [], 'after clear');
      await one.put(c);
      await expectSeen(trial, other, [c], 'after a put that followed clear');
    },
  },
  {
    name: 'finds a key that it had missed once another tier puts it',
    rule: 'shared',
    run: async (trial) => {
      const [one, other] = await twoTiers(trial);
      for (const entry of makeEntries(3)) {
        trial.same(`get("${entry.key}") before any put`, await other.get(entry.key), undefined);
        trial.same(`has("${entry.key}") before any put`, await other.has(entry.key), false);
        await one.put(entry);
        trial.sameEntry(`get("${entry.key}") after another tier's put`, await other.get(entry.key), entry);
        await one.delete(entry.key);
        trial.same(`get("${entry.key}") after another tier's delete`, await other.get(entry.key), undefined);
      }
    },
  },
  {
    name: 'loses no write when two tiers write concurrently',
    rule: 'shared',
    run: async (trial) => {
      const tiers = await twoTiers(trial);
      const entries = makeEntries(MANY);
      const stored = await Promise.all(entries.map((entry, at) => tiers[at % 2]!.put(entry)));
      trial.same('concurrent puts of two tiers', stored, Array(MANY).fill(true));
      for (const tier of tiers) await expectSeen(trial, tier, entries, 'after concurrent puts of both');
      const gone = entries.filter((_, at) => at % 3 === 0);
      const removed = await Promise.all(gone.flatMap(({ key }) => tiers.map((tier) => tier.delete(key))));
      trial.same('deletes that returned true, with two per entry', removed.filter(Boolean).length, gone.length);
      const left = entries.filter((_, at) => at % 3 !== 0);
      for (const tier of tiers) await expectSeen(trial, tier, left, 'after concurrent deletes of both');
    },
  },
  {
    name: 'does not remove as expired an entry that another tier has renewed',
    rule: 'shared',
    run: async (trial) => {
      const [one, other] = await twoTiers(trial);
      await one.putMany([makeEntry('renewed'), makeEntry('over')]);
      trial.same('size before', await other.size(), 2);
      const renewed = makeEntry('renewed', { expiresAt: trial.clock.now() + 2 * HOUR });
      await other.put(renewed);
      trial.clock.advance(HOUR);
      trial.same('cleanupExpired of the tier that wrote first', await one.cleanupExpired(), 1);
      await expectSeen(trial, one, [renewed], 'after cleanupExpired');
      await expectSeen(trial, other, [renewed], 'after cleanupExpired');
    },
  },
  ...acrossProcesses,
];

const alone: Check[] = [
  {
    name: 'sees no writes of another tier unless it claims shared',
    rule: 'shared',
    run: async (trial) => {
      const [one, other] = await twoTiers(trial);
      await one.put(numberedEntry('a', 1));
      trial.same('keys of another tier, with shared: false', await other.keys(), []);
      trial.same('get of another tier, with shared: false', await other.get('a'), undefined);
    },
  },
];

export const shared: CheckGroup = {
  name: 'shared',
  checks: ({ capabilities }) => (capabilities.shared ? checks : alone),
};
