import { expectEntries } from '../assertions/round-trips.ts';
import { makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

type PutSoon = (key: string, entry: ReturnType<typeof makeEntry>) => Promise<boolean>;

/** A check that applies only to a tier with the method. */
function soon(name: string, run: (trial: Trial, tier: ObservedTier, put: PutSoon) => Promise<void>): Check {
  return {
    name,
    rule: 'soon',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      if (tier.raw.putSoon === undefined) return;
      // putSoon returns a promise even in a synchronous tier.
      await run(trial, tier, async (key, entry) => tier.raw.putSoon!(key, entry));
    },
  };
}

const checks: Check[] = [
  soon('returns an entry that putSoon has stored', async (trial, tier, put) => {
    const entries = [...makeEntries(30), makeEntry('full', { username: 'user', password: 'pass', failureCount: 3 })];
    const stored = await Promise.all(entries.map((entry) => put(entry.key, entry)));
    trial.same('31 concurrent calls of putSoon', stored, Array(31).fill(true));
    await expectEntries(trial, tier, entries, 'after putSoon');
    if (!tier.raw.capabilities.persistent) return;
    await tier.close();
    await expectEntries(trial, await trial.tier(), entries, 'after putSoon, in a new tier');
  }),
  soon('applies putSoon before the writes that follow it', async (trial, tier, put) => {
    const [old, fresh] = [makeEntry('a', { source: 'old' }), makeEntry('a', { source: 'new' })];
    const first = put('a', old);
    const second = tier.put(fresh);
    trial.same('putSoon, followed by put of the same key', [await first, await second], [true, true]);
    trial.sameEntry('get of the key', await tier.get('a'), fresh);
    const third = put('b', makeEntry('b'));
    const removed = tier.delete('b');
    trial.same('putSoon, followed by delete of the same key', [await third, await removed], [true, true]);
    trial.same('keys afterwards', await tier.keys(), ['a']);
  }),
  soon('refuses in putSoon what put refuses', async (trial, tier, put) => {
    await trial.refuses('putSoon under another key', () => put('other', makeEntry('a')));
    await trial.refuses('putSoon of a value that is not an entry', () => put('a', {} as never));
    trial.same('keys afterwards', await tier.keys(), [], 'arguments');
  }),
];

export const putSoon: CheckGroup = { name: 'put soon', checks: () => checks };
