import { RemovalReason, type TierCounts } from '@pw/cache-models';
import { tryHistories } from '../histories/try-histories.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** Fails unless these counts are as expected and all others 0. */
function expectCounts(trial: Trial, tier: ObservedTier, when: string, expected: Partial<TierCounts>): void {
  const { hits, misses, currentSize, evictionsLru, evictionsTtl, evictionsHealth, evictionsCorruption, undecryptable } =
    tier.statistics;
  const removals = { evictionsLru, evictionsTtl, evictionsHealth, evictionsCorruption };
  const received = { hits, misses, currentSize, ...removals, undecryptable };
  const none = Object.fromEntries(Object.keys(received).map((name) => [name, 0]));
  trial.same(`statistics ${when}`, received, { ...none, ...expected });
}

const checks: Check[] = [
  {
    name: 'counts each read as one hit or one miss',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b'), makeEntry('c')]);
      await tier.get('a');
      await tier.get('a');
      await tier.get('never');
      await tier.size();
      expectCounts(trial, tier, 'after 2 gets that hit and 1 that missed', { hits: 2, misses: 1, currentSize: 3 });
      await tier.getMany(['a', 'b', 'never', 'nowhere']);
      await tier.getMany([]);
      expectCounts(trial, tier, 'after getMany of 2 present and 2 missing keys', {
        hits: 4,
        misses: 3,
        currentSize: 3,
      });
    },
  },
  {
    name: 'counts no hit or miss for has, peek, listings and writes',
    rule: 'looks',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      const operations: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['has', async () => [await tier.has('a'), await tier.has('never')]],
        ['peek', async () => [await tier.peek('a'), await tier.peek('never')]],
        ['keys', () => tier.keys()],
        ['entries', () => tier.entries()],
        ['size', () => tier.size()],
        ['put', () => tier.put(makeEntry('a'))],
        ['putMany', () => tier.putMany([makeEntry('a'), makeEntry('b')])],
        ['cleanupExpired', () => tier.cleanupExpired()],
        ['delete', async () => [await tier.delete('a'), await tier.delete('never')]],
        ['deleteMany', () => tier.deleteMany(['b', 'never'])],
        ['clear', () => tier.clear()],
      ];
      for (const [name, run] of operations) {
        await run();
        const { hits, misses } = tier.statistics;
        trial.same(`hits and misses after ${name}`, [hits, misses], [0, 0]);
      }
    },
  },
  {
    name: 'counts removals by their reason',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(8));
      await tier.delete('entry-0000');
      await tier.delete('entry-0001', RemovalReason.EXPLICIT);
      await tier.deleteMany(['entry-0002', 'never']);
      await tier.size();
      expectCounts(trial, tier, 'after explicit deletes', { currentSize: 5 });
      await tier.delete('entry-0003', RemovalReason.HEALTH);
      await tier.delete('never', RemovalReason.HEALTH);
      await tier.size();
      expectCounts(trial, tier, 'after a delete for bad health', { currentSize: 4, evictionsHealth: 1 });
      await tier.delete('entry-0004', RemovalReason.TTL);
      await tier.delete('entry-0005', RemovalReason.CORRUPTION);
      await tier.size();
      const removals = { evictionsHealth: 1, evictionsTtl: 1, evictionsCorruption: 1 };
      expectCounts(trial, tier, 'after deletes for other reasons', { currentSize: 2, ...removals });
      await tier.clear();
      await tier.size();
      expectCounts(trial, tier, 'after clear', removals);
    },
  },
  {
    name: 'counts each expired entry once',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(5));
      trial.clock.advance(HOUR);
      await tier.get('entry-0000');
      await tier.get('entry-0000');
      expectCounts(trial, tier, 'after 2 gets of an expired entry', { misses: 2, evictionsTtl: 1 });
      await tier.getMany(['entry-0001', 'entry-0001']);
      expectCounts(trial, tier, 'after getMany of another expired entry', { misses: 3, evictionsTtl: 2 });
      await tier.cleanupExpired();
      expectCounts(trial, tier, 'after cleanupExpired of the other 3', { misses: 3, evictionsTtl: 5 });
      await tier.cleanupExpired();
      expectCounts(trial, tier, 'after cleanupExpired again', { misses: 3, evictionsTtl: 5 });
    },
  },
  {
    name: 'counts entries evicted for capacity',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tier({ config: { maxEntries: 2 } });
      for (const entry of makeEntries(5)) await tier.put(entry);
      await tier.size();
      expectCounts(trial, tier, 'after 5 puts with maxEntries 2', { currentSize: 2, evictionsLru: 3 });
      trial.same('statistics.totalEvictions', tier.statistics.totalEvictions, 3);
    },
  },
  {
    name: 'computes its hit rate and its total of evictions',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(4));
      trial.same('hitRate before any read', tier.statistics.hitRate, 0);
      for (const key of ['entry-0000', 'entry-0001', 'entry-0002', 'never']) await tier.get(key);
      trial.same('hitRate after 3 hits and 1 miss', tier.statistics.hitRate, 0.75);
      await tier.delete('entry-0000', RemovalReason.HEALTH);
      await tier.delete('entry-0001', RemovalReason.TTL);
      trial.same('totalEvictions after 2 evictions', tier.statistics.totalEvictions, 2);
    },
  },
  {
    name: 'returns its statistics as a snapshot',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      await tier.get('a');
      await tier.size();
      const before = tier.statistics;
      await tier.get('a');
      await tier.get('never');
      await tier.put(makeEntry('b'));
      await tier.delete('a', RemovalReason.HEALTH);
      await tier.size();
      const { hits, misses, currentSize, evictionsHealth } = before;
      trial.same(
        'an earlier snapshot after more operations',
        [hits, misses, currentSize, evictionsHealth],
        [1, 0, 1, 0],
      );
      expectCounts(trial, tier, 'now', { hits: 2, misses: 1, currentSize: 1, evictionsHealth: 1 });
    },
  },
  {
    name: 'keeps its counts when it is closed',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      await tier.get('a');
      await tier.get('never');
      await tier.delete('a', RemovalReason.HEALTH);
      await tier.close();
      await tier.size();
      expectCounts(trial, tier, 'after close', { hits: 1, misses: 1, evictionsHealth: 1 });
      await tier.get('never');
      expectCounts(trial, tier, 'after close and another get', { hits: 1, misses: 2, evictionsHealth: 1 });
    },
  },
  {
    name: 'accounts for every entry in random histories',
    rule: 'statistics',
    run: async (trial) => {
      const { fastCheck, runs = 100 } = trial.subject;
      const key = fastCheck.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
      const action = fastCheck.tuple(
        fastCheck.constantFrom<Action>('put', 'put', 'put', 'get', 'getMany', 'delete', 'health', 'cleanup', 'wait'),
        key,
      );
      const tier = await trial.tier({ config: { maxEntries: 4 } });
      const ledger = new Ledger(trial, tier);
      const histories = fastCheck.array(action, { minLength: 5, maxLength: 40, size: 'max' });
      await tryHistories(trial, histories, Math.ceil(runs / 5), (history) => ledger.run(history));
    },
  },
];

type Action = 'put' | 'get' | 'getMany' | 'delete' | 'health' | 'cleanup' | 'wait';

/**
 * Accounts for every entry of a tier: each one stored is present, or was removed for a reason that was counted. A tier
 * may or may not count an expired entry that a put or a delete encounters.
 */
class Ledger {
  readonly #trial: Trial;
  readonly #tier: ObservedTier;
  readonly #deadlines = new Map<string, number>();
  #stored = 0;
  #deleted = 0;
  #unsure = 0;

  constructor(trial: Trial, tier: ObservedTier) {
    this.#trial = trial;
    this.#tier = tier;
  }

  async run(history: readonly (readonly [Action, string])[]): Promise<void> {
    for (const [action, key] of history) {
      await this.#step(action, key);
      const live = await this.#tier.size();
      const { evictionsLru, evictionsTtl, evictionsHealth, currentSize } = this.#tier.statistics;
      const known = live + this.#deleted + evictionsLru + evictionsTtl + evictionsHealth;
      const hidden = [...this.#deadlines.values()].filter((deadline) => this.#trial.clock.now() >= deadline).length;
      const missing = this.#stored - known;
      const what = `entries stored minus those present, deleted or evicted, after ${action} "${key}"`;
      this.#trial.holds(
        what,
        missing >= 0 && missing <= hidden + this.#unsure,
        `0 to ${hidden + this.#unsure}`,
        missing,
      );
      this.#trial.same('statistics.currentSize right after size()', currentSize, live);
    }
  }

  async #step(action: Action, key: string): Promise<void> {
    const { clock } = this.#trial;
    const tier = this.#tier;
    if (action === 'wait') clock.advance(1000);
    else if (action === 'get') await tier.get(key);
    else if (action === 'getMany') await tier.getMany([key, 'a', 'f']);
    else if (action === 'cleanup') await this.#cleanup();
    else if (action === 'put') await this.#put(key);
    else await this.#delete(key, action === 'health' ? RemovalReason.HEALTH : RemovalReason.EXPLICIT);
  }

  async #put(key: string): Promise<void> {
    const now = this.#trial.clock.now();
    if (!(await this.#tier.has(key))) this.#stored++;
    this.#meet(key);
    const expiresAt = now + 3000;
    await this.#tier.put(makeEntry(key, { expiresAt }, now));
    this.#deadlines.set(key, expiresAt);
  }

  async #delete(key: string, reason: RemovalReason): Promise<void> {
    this.#meet(key);
    const was = await this.#tier.delete(key, reason);
    this.#deadlines.delete(key);
    if (was && reason === RemovalReason.EXPLICIT) this.#deleted++;
  }

  async #cleanup(): Promise<void> {
    await this.#tier.cleanupExpired();
    const now = this.#trial.clock.now();
    for (const [key, deadline] of this.#deadlines) if (now >= deadline) this.#deadlines.delete(key);
  }

  /** Called before a put or delete of a key whose expired entry may still be stored. */
  #meet(key: string): void {
    if (this.#trial.clock.now() >= (this.#deadlines.get(key) ?? Number.POSITIVE_INFINITY)) this.#unsure++;
  }
}

export const statistics: CheckGroup = { name: 'statistics', checks: () => checks };
