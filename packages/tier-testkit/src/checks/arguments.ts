import { MAX_KEY_BYTES } from '@pw/cache-models';
import type { AccessUpdate } from '@pw/cache-models/tier';
import { expectEntries } from '../assertions/round-trips.ts';
import { entryOfAnotherCopy } from '../samples/entry-of-another-copy.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** Values that a JavaScript program may pass in place of a key. */
const NOT_KEYS: readonly unknown[] = [
  ...[undefined, null, 5, 0, true, {}, ['a'], Symbol('a'), { toString: () => 'a' }],
  ...['k'.repeat(MAX_KEY_BYTES + 1), '漢'.repeat(Math.ceil(MAX_KEY_BYTES / 3) + 1)],
];

const entry = makeEntry('a');
/** Values that may be passed in place of an entry. */
const NOT_ENTRIES: readonly unknown[] = [
  ...[undefined, null, 5, 'a', [], {}],
  entry.toFields(),
  entry.toJSON(),
  { key: 'a', proxyUrl: 'http://192.0.2.1:80', expiresAt: entry.expiresAt },
];

/** The operations of a tier as an untyped program may call them. */
type Untyped = Record<string, (...args: readonly unknown[]) => never>;

/** A check that misuses a tier with two entries, after which nothing may have changed. */
function unchanged(name: string, misuse: (trial: Trial, raw: Untyped, tier: ObservedTier) => Promise<void>): Check {
  return {
    name,
    rule: 'arguments',
    run: async (trial) => {
      const stored = [makeEntry('a', { source: 'first' }), makeEntry('5', { source: 'second' })];
      const tier = await trial.tierWith(stored);
      await misuse(trial, tier.raw as unknown as Untyped, tier);
      trial.same('failureCount after wrong arguments', tier.raw.failureCount, 0);
      trial.same('enabled after wrong arguments', tier.enabled, true);
      await expectEntries(trial, tier, stored, 'after wrong arguments');
    },
  };
}

/** Fails unless a call is refused within the deadline. */
async function expectRefusal(trial: Trial, tier: ObservedTier, what: string, call: () => never): Promise<void> {
  await trial.refuses(what, () => tier.call(what, call));
}

const checks: Check[] = [
  ...(['get', 'has', 'delete', 'peek'] as const).map((method) =>
    unchanged(`refuses a value that is not a key in ${method}`, async (trial, raw, tier) => {
      if (raw[method] === undefined) return;
      for (const key of NOT_KEYS)
        await expectRefusal(trial, tier, `${method}(${String(show(key))})`, () => raw[method]!(key));
    }),
  ),
  unchanged('refuses a value that is not a key in getNow', async (trial, raw, tier) => {
    if (raw['getNow'] === undefined) return;
    for (const key of NOT_KEYS) await trial.refuses(`getNow(${show(key)})`, () => tier.getNow(key as string));
  }),
  ...(['getMany', 'deleteMany'] as const).map((method) =>
    unchanged(`refuses values that are not keys in ${method}`, async (trial, raw, tier) => {
      for (const key of NOT_KEYS)
        await expectRefusal(trial, tier, `${method}(["a", ${show(key)}])`, () => raw[method]!(['a', key]));
    }),
  ),
  unchanged('refuses a value that is not a key in put', async (trial, raw, tier) => {
    for (const key of [...NOT_KEYS, ''])
      await expectRefusal(trial, tier, `put(${show(key)}, entry)`, () => raw['put']!(key, entry));
  }),
  unchanged('refuses a put whose key differs from the key of the entry', async (trial, raw, tier) => {
    for (const key of ['b', 'A', 'a ', '5'])
      await expectRefusal(trial, tier, `put("${key}", entry with key "a")`, () => raw['put']!(key, entry));
  }),
  unchanged('refuses a value that is not an entry in put', async (trial, raw, tier) => {
    for (const value of NOT_ENTRIES)
      await expectRefusal(trial, tier, `put("a", ${show(value)})`, () => raw['put']!('a', value));
  }),
  unchanged('stores nothing of a putMany that contains an invalid entry', async (trial, raw, tier) => {
    for (const value of NOT_ENTRIES) {
      const list = [makeEntry('a', { source: 'new' }), makeEntry('new'), value, makeEntry('newer')];
      await expectRefusal(trial, tier, `putMany with ${show(value)} in it`, () => raw['putMany']!(list));
    }
  }),
  unchanged('refuses an invalid count or time in recordAccess', async (trial, raw, tier) => {
    const right: AccessUpdate = { key: 'a', hits: 7, lastAccessed: trial.clock.now() + 1 };
    const wrong: readonly unknown[] = [
      ...[-1, 1.5, Number.NaN, '7', 2 ** 53].map((hits) => ({ ...right, hits })),
      ...[Number.NaN, Number.POSITIVE_INFINITY, '7'].map((lastAccessed) => ({ ...right, lastAccessed })),
      { ...right, evictedFromL1: 'yes' },
    ];
    for (const update of wrong)
      await expectRefusal(trial, tier, `recordAccess with ${show(update)}`, () => raw['recordAccess']!([update]));
  }),
  {
    name: 'names the invalid argument in the error',
    rule: 'arguments',
    run: async (trial) => {
      const tier = await trial.tier();
      const raw = tier.raw as unknown as Untyped;
      const error = await trial.refuses('put("b", entry with key "a")', () => raw['put']!('b', entry));
      trial.holds('message of the error', /key/i.test(error.message), 'a message that names the key', error.message);
      trial.holds('code of the error', typeof error.code === 'string', 'a code', error.code);
      const other = await trial.refuses('put("a", {})', () => raw['put']!('a', {}));
      trial.holds(
        'message of the error',
        /entry/i.test(other.message),
        'a message that names the entry',
        other.message,
      );
    },
  },
  {
    name: 'accepts an entry created by another copy of the models',
    rule: 'arguments',
    run: async (trial) => {
      // Entries are recognised by brand, not by prototype: a plugin or a program may have its own copy.
      const foreign = entryOfAnotherCopy(makeEntry('a', { source: 'elsewhere' }));
      const tier = await trial.tierWith([foreign]);
      trial.same('source of the entry', (await tier.get('a'))?.source, 'elsewhere');
      trial.same('putMany of such an entry', await tier.putMany([foreign]), [true]);
    },
  },
];

function show(value: unknown): string {
  return typeof value === 'symbol' ? 'a symbol' : (JSON.stringify(value) ?? 'undefined').slice(0, 60);
}

export const wrongArguments: CheckGroup = { name: 'arguments', checks: () => checks };
