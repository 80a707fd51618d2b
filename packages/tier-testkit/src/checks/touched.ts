import { RemovalReason } from '@pw/cache-models';
import { type Touch, TouchLedger, type TouchStep } from '../histories/touch-ledger.ts';
import { tryHistories } from '../histories/try-histories.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** More than the number of touches in any check. */
const ALL = 1000;

/** A check that applies only to a tier with touched. */
function withTouched(name: string, run: (trial: Trial, tier: ObservedTier) => Promise<void>, maxEntries = 50): Check {
  return {
    name,
    rule: 'touched',
    run: async (trial) => {
      const tier = await trial.tier({ config: { maxEntries } });
      await tier.open();
      if (tier.raw.touched !== undefined) await run(trial, tier);
    },
  };
}

/** The same, with a ledger of the touches, which the tier counts from the start. */
function withLedger(
  name: string,
  run: (ledger: TouchLedger, trial: Trial, tier: ObservedTier) => Promise<void>,
  maxEntries?: number,
): Check {
  return withTouched(name, (trial, tier) => run(new TouchLedger(trial, tier), trial, tier), maxEntries);
}

/** Events after a touch of the entry `a`, in a tier with room for two. */
const FATES: Readonly<Record<string, (tier: ObservedTier, trial: Trial) => Promise<unknown>>> = {
  evicted: (tier) => tier.putMany(makeEntries(2)),
  expired: async (tier, { clock }) => {
    clock.advance(HOUR);
    await tier.get('a');
  },
  'expired and cleaned up': (tier, { clock }) => {
    clock.advance(HOUR);
    return tier.cleanupExpired();
  },
  'expired and put again': (tier, { clock }) => {
    clock.advance(HOUR);
    return tier.put(makeEntry('a', {}, clock.now()));
  },
  deleted: (tier) => tier.delete('a'),
  'deleted for bad health': (tier) => tier.delete('a', RemovalReason.HEALTH),
  'deleted in a batch': (tier) => tier.deleteMany(['a']),
  'put again': (tier) => tier.put(makeEntry('a', { source: 'new' })),
  'put again in a batch': (tier) => tier.putMany([makeEntry('a', { source: 'new' })]),
  'removed by clear': (tier) => tier.clear(),
  'stored when the tier is closed': (tier) => tier.close(),
};

const fates: Check[] = Object.entries(FATES).map(([fate, meet]) =>
  withLedger(
    `keeps the touches of an entry that is ${fate}`,
    async (ledger, trial, tier) => {
      await tier.put(makeEntry('a', { accessCount: 5 }));
      await ledger.touch('a');
      trial.clock.advance(10);
      await ledger.touch('a');
      await meet(tier, trial);
      ledger.compare(['a'], `of an entry that is ${fate}`);
      ledger.takeAll();
      ledger.compare(['a'], 'when it was taken');
    },
    2,
  ),
);

const checks: Check[] = [
  withTouched('offers touched only together with touch, and synchronously', async (trial, tier) => {
    const { capabilities, touch } = tier.raw;
    trial.same('type of touch in a tier with touched', typeof touch, 'function');
    trial.same('capabilities.synchronous of a tier with touched', capabilities.synchronous, true);
    const { count, of, take, forget } = tier.raw.touched!();
    const types = [typeof count, typeof of, typeof take, typeof forget];
    trial.same('types of count, of, take and forget', types, ['number', 'function', 'function', 'function']);
  }),
  withTouched('returns the same view of its touches every time', async (trial, tier) => {
    const view = tier.raw.touched!();
    const isSame = (when: string) =>
      trial.holds(`touched() ${when}`, tier.raw.touched!() === view, 'the first view', 'another view');
    isSame('called again');
    await tier.put(makeEntry('a'));
    await tier.touch('a');
    isSame('after a touch');
    view.take(ALL);
    view.forget();
    await tier.clear();
    isSame('after take, forget and clear');
    await tier.close();
    await tier.open();
    isSame('after close and open');
  }),
  withTouched('counts touches only after the first call of touched', async (trial, tier) => {
    await tier.put(makeEntry('a'));
    await tier.touch('a');
    const view = tier.raw.touched!();
    trial.same('of("a") after a touch before the first call of touched', view.of('a'), undefined);
    trial.same('take after a touch before the first call of touched', view.take(ALL), []);
    await tier.touch('a');
    trial.same('count in of("a") after one more touch', view.of('a')?.accessCount, 2);
  }),
  withLedger('reports exactly the touches that it counted', async (ledger, trial, tier) => {
    const entries = ['a', 'b', 'c', 'd'].map((key, at) => makeEntry(key, { accessCount: at }));
    await tier.putMany(entries);
    for (const key of ['a', 'b', 'a', 'never', 'd', 'a']) {
      trial.clock.advance(1.5);
      await ledger.touch(key);
    }
    for (const read of ['get', 'has', 'peek'] as const) await tier[read]('c');
    await tier.getMany(['c']);
    const keys = ['a', 'b', 'c', 'd', 'never', '', '__proto__'];
    ledger.compare(keys, 'after touches of three of four entries');
    ledger.compare(keys, 'when read again');
    ledger.takeAll();
    ledger.compare(keys, 'when all were taken');
    await ledger.touch('b');
    ledger.compare(keys, 'after another touch');
    ledger.takeAll();
  }),
  withLedger('never lets a count or a time go back when an entry is put again', async (ledger, trial, tier) => {
    const { clock } = trial;
    await tier.put(makeEntry('a', { accessCount: 5 }));
    clock.advance(10);
    await ledger.touch('a');
    await tier.put(makeEntry('a', { source: 'new' }));
    await ledger.touch('a');
    ledger.compare(['a'], 'after a put with fewer accesses, and a touch');
    await tier.delete('a');
    await tier.put(makeEntry('a', { source: 'newer', accessCount: 100 }));
    clock.set(clock.now() - 5);
    await ledger.touch('a');
    ledger.compare(['a'], 'after a put with more accesses, and an earlier touch');
    ledger.takeAll();
  }),
  withLedger('forgets exactly the touches of the keys passed to forget', async (ledger, _, tier) => {
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const touchAll = async () => {
      await tier.putMany(keys.map((key) => makeEntry(key)));
      for (const key of keys) await ledger.touch(key);
      await tier.deleteMany(['d', 'e']);
    };
    await touchAll();
    for (const key of ['a', 'd', 'never']) ledger.forget(key);
    ledger.compare(keys, 'after forget of a present, a deleted and an unknown key');
    await ledger.touch('a');
    ledger.compare(keys, 'after a touch of a forgotten key');
    ledger.takeAll();
    await touchAll();
    ledger.forget();
    ledger.compare(keys, 'after forget of all');
    ledger.takeAll();
    await ledger.touch('b');
    ledger.compare(keys, 'after a touch of a key after forget of all');
    ledger.takeAll();
  }),
  withLedger('takes at most the requested number of touches and keeps the rest', async (ledger, _, tier) => {
    const keys = makeEntries(30).map(({ key }) => key);
    await tier.putMany(makeEntries(30));
    for (const key of keys) await ledger.touch(key);
    await tier.deleteMany(keys.slice(10, 20));
    ledger.take(0);
    for (const limit of [1, 7, 4]) {
      ledger.take(limit);
      ledger.compare(keys, `after take(${limit})`);
    }
    while (ledger.left > 0) ledger.take(7);
    ledger.compare(keys, 'when all were taken');
    ledger.takeAll();
  }),
  withLedger('reports its touches while it is off', async (ledger, _, tier) => {
    await tier.putMany(['a', 'b', 'c'].map((key) => makeEntry(key)));
    for (const key of ['a', 'b', 'c']) await ledger.touch(key);
    while (tier.enabled) tier.raw.handleFailure(new Error('a simulated fault'));
    ledger.compare(['a', 'b', 'c'], 'of a tier that is off');
    ledger.forget('a');
    ledger.compare(['a', 'b', 'c'], 'of a tier that is off, after forget("a")');
    tier.raw.resetFailures();
    ledger.compare(['a', 'b', 'c'], 'of a tier that is on again');
    ledger.takeAll();
  }),
  withLedger(
    'accounts for every touch in random histories',
    async (ledger, trial) => {
      const { fastCheck, runs } = trial.subject;
      const key = fastCheck.constantFrom('a', 'b', 'c', '__proto__');
      const does = fastCheck.constantFrom<Touch>(...STEPS);
      const histories = fastCheck.array(fastCheck.tuple(does, key), { minLength: 10, maxLength: 80, size: 'max' });
      const begin: TouchStep[] = [
        ['forgetAll', ''],
        ['clear', ''],
      ];
      await tryHistories(trial, histories, runs ?? 100, async (history) => {
        for (const step of [...begin, ...history]) await ledger.do(step);
        ledger.takeAll();
      });
    },
    2,
  ),
];

/** Weighted by repetition, so that entries are often touched, expire and are put again before anything else happens. */
const STEPS: readonly Touch[] = [
  ...Array<Touch>(8).fill('touch'),
  ...Array<Touch>(6).fill('put'),
  ...Array<Touch>(4).fill('outlive'),
  ...(['wait', 'take', 'take', 'get', 'delete', 'forget', 'forgetAll', 'cleanup', 'clear', 'close'] as const),
];

export const touched: CheckGroup = { name: 'touched', checks: () => [...checks, ...fates] };
