import { HOUR, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** A check of an open tier. */
function now(name: string, run: (trial: Trial, tier: ObservedTier) => Promise<void>): Check {
  return {
    name,
    rule: 'now',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      await run(trial, tier);
    },
  };
}

const checks: Check[] = [
  now('finds the same with getNow as with get', async (trial, tier) => {
    const full = makeEntry('a', { username: 'user', password: 'pass', failureCount: 3, accessCount: 40 });
    const fresh = makeEntry('a', { source: 'new' });
    for (const entry of [full, fresh]) {
      await tier.put(entry);
      // Twice, because the second answer may come from a cache.
      for (const when of ['after its put', 'again']) {
        trial.sameEntry(`getNow("a") ${when}`, await tier.getNow('a'), entry);
        trial.sameEntry(`get("a") ${when}, after getNow`, await tier.get('a'), entry);
      }
    }
    for (const key of ['never', '', 'A', 'a '])
      trial.same(`getNow of ${JSON.stringify(key)} after put("a")`, await tier.getNow(key), undefined);
    await tier.delete('a');
    trial.same('getNow("a") after its delete', await tier.getNow('a'), undefined);
    await tier.put(full);
    trial.sameEntry('getNow("a") after it was stored again', await tier.getNow('a'), full);
    await tier.clear();
    trial.same('getNow("a") after clear', await tier.getNow('a'), undefined);
  }),
  now('removes an expired entry on getNow and returns nothing', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    trial.same('key that getNow("a") finds', (await tier.getNow('a'))?.key, 'a');
    trial.clock.advance(HOUR - 1);
    trial.same('key that getNow("a") finds a millisecond before the deadline', (await tier.getNow('a'))?.key, 'a');
    trial.clock.advance(1);
    trial.same('getNow("a") at the deadline', await tier.getNow('a'), undefined, 'expires');
    trial.same('evictionsTtl after getNow of an expired entry', tier.statistics.evictionsTtl, 1);
    trial.same('cleanupExpired after getNow of the only expired entry', await tier.cleanupExpired(), 0);
    trial.same('getNow("a") again', await tier.getNow('a'), undefined, 'expires');
    trial.same('evictionsTtl after getNow of a removed entry', tier.statistics.evictionsTtl, 1);
  }),
  now('counts getNow as one hit or one miss', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    const counts = () => [tier.statistics.hits, tier.statistics.misses];
    await tier.getNow('a');
    trial.same('hits and misses after a getNow that hit', counts(), [1, 0]);
    await tier.getNow('never');
    trial.same('hits and misses after a getNow that missed', counts(), [1, 1]);
    await tier.get('a');
    await tier.getNow('a');
    trial.same('hits and misses after a get and a getNow that hit', counts(), [3, 1]);
    trial.clock.advance(HOUR);
    await tier.getNow('a');
    trial.same('hits and misses after getNow of an expired entry', counts(), [3, 2]);
  }),
];

export const getNow: CheckGroup = {
  name: 'get now',
  checks: ({ capabilities }) => (capabilities.immediate ? checks : []),
};
