import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const DAY = 86_400_000;
const YEAR_9999 = Date.parse('9999-12-31T23:59:59.999Z');

/** Checks the visibility of an entry in every read; get comes last, because it may remove an expired entry. */
async function expectVisible(
  trial: Trial,
  tier: ObservedTier,
  key: string,
  visible: boolean,
  when: string,
): Promise<void> {
  trial.same(`has ${when}`, await tier.has(key), visible);
  trial.same(`keys ${when}`, (await tier.keys()).includes(key), visible);
  trial.same(`size ${when}`, await tier.size(), visible ? 1 : 0);
  trial.same(`entries ${when}`, (await tier.entries()).length, visible ? 1 : 0);
  trial.same(`peek ${when}`, (await tier.peek(key)) !== undefined, visible);
  trial.same(`getMany ${when}`, (await tier.getMany([key])).has(key), visible);
  trial.same(`get ${when}`, (await tier.get(key)) !== undefined, visible);
}

const checks: Check[] = [
  {
    name: 'expires an entry at the exact millisecond',
    rule: 'expires',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a', { expiresAt: trial.clock.now() + 1500 })]);
      trial.clock.advance(1499);
      await expectVisible(trial, tier, 'a', true, '1 ms before the deadline');
      trial.clock.advance(1);
      await expectVisible(trial, tier, 'a', false, 'at the deadline');
    },
  },
  {
    name: 'hides an entry after its deadline',
    rule: 'expires',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      await expectVisible(trial, tier, 'a', true, 'an hour before the deadline');
      trial.clock.advance(HOUR + 1);
      await expectVisible(trial, tier, 'a', false, '1 ms after the deadline');
      trial.clock.advance(DAY);
      await expectVisible(trial, tier, 'a', false, 'a day after the deadline');
    },
  },
  {
    name: 'hides an entry that had already expired when it was put',
    rule: 'expires',
    run: async (trial) => {
      const now = trial.clock.now();
      const tier = await trial.tierWith([
        makeEntry('now', { expiresAt: now }),
        makeEntry('past', { expiresAt: now - DAY }),
      ]);
      trial.same('keys', await tier.keys(), []);
      trial.same('get of an entry that expires now', await tier.get('now'), undefined);
      trial.same('get of an entry that expired a day ago', await tier.get('past'), undefined);
      trial.same('size', await tier.size(), 0);
    },
  },
  {
    name: 'applies the deadline regardless of when the entry was put',
    rule: 'deadlines',
    run: async (trial) => {
      const fetched = trial.clock.now() - HOUR + 5;
      const entry = makeEntry('a', { ttlSeconds: 3600, fetchTime: fetched, expiresAt: fetched + HOUR });
      const tier = await trial.tierWith([entry]);
      trial.clock.advance(4);
      trial.same('has of an entry fetched an hour less 1 ms ago', await tier.has('a'), true);
      trial.clock.advance(1);
      trial.same('has of an entry fetched an hour ago', await tier.has('a'), false);
    },
  },
  {
    name: 'takes the deadline from expiresAt, not from ttlSeconds',
    rule: 'deadlines',
    run: async (trial) => {
      const now = trial.clock.now();
      const tier = await trial.tierWith([
        makeEntry('short ttl', { ttlSeconds: 1, expiresAt: now + HOUR }),
        makeEntry('long ttl', { ttlSeconds: 1_000_000, expiresAt: now + 1000 }),
      ]);
      trial.clock.advance(1000);
      trial.same('keys when only the entry with the later expiresAt is live', await tier.keys(), ['short ttl']);
    },
  },
  {
    name: 'keeps the deadline of an entry that is used',
    rule: 'deadlines',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      trial.clock.advance(HOUR / 2);
      await tier.use('a', trial.clock.now());
      await tier.peek('a');
      await tier.getMany(['a', 'b']);
      trial.same('expiresAt of an entry in use', (await tier.get('a'))?.expiresAt, makeEntry('a').expiresAt);
      trial.clock.advance(HOUR / 2 - 1);
      trial.sameSet('keys 1 ms before the deadline', await tier.keys(), ['a', 'b']);
      trial.clock.advance(1);
      trial.same('keys at the deadline', await tier.keys(), []);
    },
  },
  {
    name: 'keeps an entry whose deadline is more than 25 days ahead',
    rule: 'deadlines',
    run: async (trial) => {
      // 2^31 ms, where a timer overflows, is 24.9 days; 2^32 ms is 49.7.
      const lives = [25 * DAY, 2 ** 31, 2 ** 32 + 1, 400 * DAY];
      const now = trial.clock.now();
      const tier = await trial.tierWith(lives.map((life, at) => makeEntry(`life ${at}`, { expiresAt: now + life })));
      trial.same('size after the puts', await tier.size(), lives.length);
      trial.same('size when read again', await tier.size(), lives.length);
      for (const [at, life] of lives.entries()) {
        trial.clock.set(now + life - 1);
        trial.same(
          `has of an entry 1 ms before the end of its lifetime of ${life} ms`,
          await tier.has(`life ${at}`),
          true,
        );
        trial.clock.set(now + life);
        trial.same(`has of an entry at the end of its lifetime of ${life} ms`, await tier.has(`life ${at}`), false);
      }
    },
  },
  {
    name: 'keeps an entry until the year 9999',
    rule: 'deadlines',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a', { expiresAt: YEAR_9999 })]);
      trial.same('expiresAt', (await tier.get('a'))?.expiresAt, YEAR_9999);
      trial.same('cleanupExpired', await tier.cleanupExpired(), 0);
      trial.clock.set(YEAR_9999 - 1);
      trial.same('has 1 ms before the end', await tier.has('a'), true);
      trial.clock.set(YEAR_9999);
      trial.same('has at the end', await tier.has('a'), false);
    },
  },
  {
    name: 'removes exactly the expired entries in cleanupExpired',
    rule: 'cleanup',
    run: async (trial) => {
      const now = trial.clock.now();
      const short = makeEntries(12).map((entry) => entry.with({ expiresAt: now + 50 }));
      const tier = await trial.tierWith([...short, makeEntry('edge', { expiresAt: now + 51 }), makeEntry('long')]);
      trial.same('cleanupExpired when nothing is expired', await tier.cleanupExpired(), 0);
      trial.clock.advance(50);
      trial.same('cleanupExpired when 12 of 14 are expired', await tier.cleanupExpired(), 12);
      trial.sameSet('keys afterwards', await tier.keys(), ['edge', 'long']);
      trial.same('cleanupExpired again', await tier.cleanupExpired(), 0);
      trial.clock.advance(1);
      trial.same('cleanupExpired at the deadline of one more', await tier.cleanupExpired(), 1);
    },
  },
  {
    name: 'does not restore a removed expired entry when the clock is set back',
    rule: 'expires',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      trial.clock.advance(HOUR);
      trial.same('get at the deadline', await tier.get('a'), undefined);
      trial.same('cleanupExpired with one expired entry left', await tier.cleanupExpired(), 1);
      trial.clock.advance(-HOUR);
      trial.same('keys after both were removed and the clock was set back', await tier.keys(), []);
    },
  },
];

export const expiry: CheckGroup = { name: 'expiry', checks: () => checks };
