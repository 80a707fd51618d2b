import type { ChangeListener } from '@pw/cache-models/tier';
import { makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import { until } from '../trial/until.ts';
import type { Check, CheckGroup } from './check.ts';

/** A listener that notes what it is called with. */
class Notes {
  readonly seen: unknown[] = [];
  readonly remove: () => void;
  readonly #trial: Trial;
  readonly #tier: ObservedTier;

  constructor(trial: Trial, tier: ObservedTier) {
    this.#trial = trial;
    this.#tier = tier;
    this.remove = tier.raw.changes!.subscribe((key) => void this.seen.push(key));
    trial.same('type of the result of changes.subscribe', typeof this.remove, 'function');
  }

  /** Waits for a report of a key, or of `null`, and forgets the reports so far. */
  async expect(what: string, ...wanted: readonly (string | null)[]): Promise<void> {
    // A tier may report what happened only when it is asked.
    const isReported = async () => {
      await poll(this.#tier);
      return this.seen.some((key) => wanted.includes(key as string | null));
    };
    await until(this.#trial, `report of ${what}`, isReported, () => [...this.seen]);
    this.seen.length = 0;
  }
}

function poll(tier: ObservedTier): Promise<boolean> {
  return tier.call('changes.poll()', () => tier.raw.changes!.poll());
}

/** A tier with a listener that has been called for the first time, and another instance on the same store. */
async function connected(trial: Trial): Promise<{ tier: ObservedTier; other: ObservedTier; notes: Notes }> {
  const [tier, other] = [await trial.tier(), await trial.tier()];
  await other.open();
  const notes = new Notes(trial, tier);
  await tier.open();
  await notes.expect('the store', null);
  return { tier, other, notes };
}

const checks: Check[] = [
  {
    name: 'calls a listener with null once the store is reached',
    rule: 'changes',
    run: async (trial) => {
      const { tier } = await connected(trial);
      await new Notes(trial, tier).expect('the store, to a listener of an open tier', null);
    },
  },
  {
    name: 'reports what another instance stores and removes',
    rule: 'changes',
    run: async (trial) => {
      const { tier, other, notes } = await connected(trial);
      const entry = makeEntry('a', { source: 'other' });
      await other.put(entry);
      await notes.expect('a put', 'a');
      trial.sameEntry('get of a key whose change was reported', await tier.get('a'), entry);
      await other.put(makeEntry('a', { source: 'again' }));
      await notes.expect('a put of the same key', 'a');
      await other.delete('a');
      await notes.expect('a delete', 'a');
      const [one, two] = makeEntries(2);
      await other.putMany([one!, two!]);
      await notes.expect('putMany', two!.key);
      await other.deleteMany([one!.key]);
      await notes.expect('deleteMany', one!.key);
      await other.clear();
      await notes.expect('clear', two!.key, null);
    },
  },
  {
    name: 'has reported every change before it when poll returns',
    rule: 'changes',
    run: async (trial) => {
      const { tier, other, notes } = await connected(trial);
      for (let round = 0; round < 20; round++) {
        notes.seen.length = 0;
        await (round % 3 === 2 ? other.delete('a') : other.put(makeEntry('a', { source: `round ${round}` })));
        trial.same('changes.poll() after a change', await poll(tier), true);
        const isReported = notes.seen.some((key) => key === 'a' || key === null);
        trial.holds('reports when poll has returned', isReported, 'a report of "a"', [...notes.seen]);
      }
    },
  },
  {
    name: 'does not call a listener that was removed',
    rule: 'changes',
    run: async (trial) => {
      const { tier, other, notes } = await connected(trial);
      const stays = new Notes(trial, tier);
      await stays.expect('the store', null);
      notes.remove();
      notes.seen.length = 0;
      await other.put(makeEntry('a'));
      await stays.expect('a put', 'a');
      trial.same('reports to the listener that was removed', notes.seen, []);
    },
  },
  {
    name: 'is unaffected by a listener that throws or rejects',
    rule: 'changes',
    run: async (trial) => {
      const [tier, other] = [await trial.tier(), await trial.tier()];
      const faulty: readonly ChangeListener[] = [
        () => {
          throw new Error('planted');
        },
        () => Promise.reject(new Error('planted')),
      ];
      for (const listener of faulty) tier.raw.changes!.subscribe(listener);
      const notes = new Notes(trial, tier);
      await tier.open();
      await notes.expect('the store', null);
      trial.same('put by another instance', await other.put(makeEntry('a')), true);
      await notes.expect('a put', 'a');
      trial.same('failureCount', tier.raw.failureCount, 0);
    },
  },
];

export const changes: CheckGroup = {
  name: 'changes',
  checks: ({ capabilities }) => (capabilities.changes ? checks : []),
};
