import { type CacheEntry, type CacheEntryInput, type CredentialCipher, Secret } from '@pw/cache-models';
import { TestCipher } from '../doubles/test-cipher.ts';
import { makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import { SecretTraces } from '../trial/secret-traces.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup, Claims } from './check.ts';

/** Credentials that occur nowhere else, with characters that every file encoding has to change. */
const FIRST = { username: 'kG7-first/user+Qx9:marker', password: 'Zq4@first?pass=Wv2&marker' };
const SECOND = { username: 'tM3-second/user+Jy6:marker', password: 'Rb8@second?pass=Hf5&marker' };
const TRACES = new SecretTraces([FIRST, SECOND].flatMap(({ username, password }) => [username, password]));

const withFirst = (key: string, patch: Partial<CacheEntryInput> = {}): CacheEntry =>
  makeEntry(key, { ...FIRST, ...patch });

/** Fails if a credential appears in a file, in the log or in the statistics. */
async function expectNoCredentials(trial: Trial, tier: ObservedTier, when: string): Promise<void> {
  const none = undefined;
  trial.same(`credentials in stored files ${when}`, await TRACES.inFiles(trial.module, trial.directory), none);
  trial.same(`credentials in the log ${when}`, TRACES.in(trial.logger.text), none);
  trial.same(`credentials in statistics ${when}`, TRACES.inObject(tier.statistics), none);
}

const always: Check[] = [
  {
    name: 'writes no credential in clear or in a reversible encoding',
    rule: 'secrets',
    run: async (trial) => {
      const tier = await trial.tierWith([withFirst('a'), makeEntry('only', { password: FIRST.password })]);
      await expectNoCredentials(trial, tier, 'after put');
      await tier.putMany([withFirst('b'), withFirst('c', SECOND), withFirst('d')]);
      await expectNoCredentials(trial, tier, 'after putMany');
      trial.sameEntry('get of the entry', await tier.get('a'), withFirst('a'), 'fields');
      await tier.use('a', trial.clock.now() + 1);
      await tier.put(withFirst('a', SECOND));
      await expectNoCredentials(trial, tier, 'after it was replaced');
      await tier.delete('b');
      await tier.deleteMany(['c']);
      await expectNoCredentials(trial, tier, 'after delete');
      await tier.close();
      await expectNoCredentials(trial, tier, 'after close');
      await tier.put(withFirst('e'));
      await tier.clear();
      await expectNoCredentials(trial, tier, 'after clear');
    },
  },
  {
    name: 'writes no credential when an entry is evicted or expires',
    rule: 'secrets',
    run: async (trial) => {
      const tier = await trial.tier({ config: { maxEntries: 2 } });
      for (const { key } of makeEntries(5)) await tier.put(withFirst(key, { expiresAt: trial.clock.now() + 1000 }));
      await expectNoCredentials(trial, tier, 'after entries were evicted');
      trial.clock.advance(1000);
      await tier.get('entry-0004');
      await tier.cleanupExpired();
      await expectNoCredentials(trial, tier, 'after entries expired');
    },
  },
  {
    name: 'shows no credential when it is printed',
    rule: 'secrets',
    run: async (trial) => {
      const tier = await trial.tierWith([withFirst('a')]);
      await tier.get('a');
      trial.same('credentials in the printed tier', TRACES.inObject(tier.raw), undefined);
      const shown = [await tier.get('a'), await tier.getMany(['a']), await tier.entries()];
      trial.same('credentials in its printed entries', TRACES.inObject(shown), undefined);
    },
  },
  {
    name: 'quotes no credential in an error',
    rule: 'secrets',
    run: async (trial) => {
      const tier = await trial.tier();
      const raw = tier.raw as unknown as Record<'put' | 'putMany', (...args: readonly unknown[]) => never>;
      const entry = withFirst('a');
      const errors = [
        await trial.refuses('put("b", entry with key "a")', () => raw.put('b', entry)),
        await trial.refuses('put of a plain object', () => raw.put('a', { ...entry.toFields(), ...FIRST })),
        await trial.refuses('putMany of a plain object', () => raw.putMany([entry, { ...entry.toFields(), ...FIRST }])),
      ];
      for (const error of errors)
        trial.same(`credentials in the error "${error.name}"`, TRACES.inObject(error), undefined);
      await expectNoCredentials(trial, tier, 'after wrong arguments');
    },
  },
  {
    name: 'neither logs nor throws the message of a failing cipher',
    rule: 'secrets',
    run: async (trial) => {
      const tier = await trial.tier({ cipher: new QuotingCipher() });
      tier.checksStatistics = false;
      for (const put of [() => tier.put(withFirst('a')), () => tier.putMany([withFirst('b')])]) {
        try {
          await put();
        } catch (error) {
          trial.same('credentials in the error of a put', TRACES.inObject(error), undefined);
        }
      }
      await expectNoCredentials(trial, tier, 'after the cipher failed');
    },
  },
];

/** Quotes the secret in its error, as a careless cipher might. */
class QuotingCipher implements CredentialCipher {
  encrypt(secret: Secret): Uint8Array {
    throw new Error(`cannot seal ${secret.reveal()}`, { cause: new Error(secret.reveal()) });
  }
  decrypt(): Secret {
    return Secret.of('');
  }
}

const transient: Check[] = [
  {
    name: 'keeps credentials without a cipher',
    rule: 'fields',
    run: async (trial) => {
      const tier = await trial.tierWith([withFirst('a')], { cipher: null });
      trial.sameEntry('get from a tier without a cipher', await tier.get('a'), withFirst('a'));
    },
  },
];

const persistent: Check[] = [
  {
    name: 'refuses credentials without a cipher',
    rule: 'cipher',
    run: async (trial) => {
      const old = makeEntry('a', { source: 'old' });
      const tier = await trial.tierWith([old], { cipher: null });
      const refused = 'put of an entry with credentials without a cipher';
      const error = await trial.refuses(refused, () => tier.put(withFirst('a')), 'cipher');
      await trial.refuses(refused, () => tier.put(makeEntry('b', { username: FIRST.username })), 'cipher');
      await trial.refuses(refused, () => tier.put(makeEntry('b', { password: FIRST.password })), 'cipher');
      const list = [makeEntry('c'), withFirst('d'), makeEntry('e')];
      await trial.refuses('putMany with credentials in it without a cipher', () => tier.putMany(list), 'cipher');
      trial.same('keys afterwards', await tier.keys(), ['a']);
      trial.sameEntry('get of the existing entry', await tier.get('a'), old);
      trial.same('credentials in the error', TRACES.inObject(error), undefined, 'secrets');
      trial.same('put without credentials', await tier.put(makeEntry('f')), true);
      trial.same('failureCount', tier.raw.failureCount, 0, 'arguments');
      await expectNoCredentials(trial, tier, 'after refused puts');
    },
  },
  {
    name: 'misses exactly the entries that no key opens',
    rule: 'unreadable',
    run: async (trial) => {
      const plain = makeEntry('plain');
      await closedWith(trial, [withFirst('sealed'), plain]);
      const tier = await trial.tier({ cipher: new TestCipher('second') });
      trial.same('get with a wrong key', await tier.get('sealed'), undefined);
      trial.sameEntry('get of an entry without credentials', await tier.get('plain'), plain);
      trial.same('keys of getMany', [...(await tier.getMany(['sealed', 'plain'])).keys()], ['plain']);
      trial.same(
        'keys of entries()',
        (await tier.entries()).map(({ key }) => key),
        ['plain'],
      );
      trial.same('peek with a wrong key', await tier.peek('sealed'), undefined);
      trial.same('put of another entry', await tier.put(withFirst('other')), true);
      trial.sameEntry('get of an entry put with this key', await tier.get('other'), withFirst('other'));
      await expectNoCredentials(trial, tier, 'with a wrong key');
    },
  },
  {
    name: 'counts an entry that no key opens as undecryptable, not as a failure',
    rule: 'unreadable',
    run: async (trial) => {
      await closedWith(trial, [withFirst('sealed')]);
      const tier = await trial.tier({ cipher: new TestCipher('second') });
      for (let times = 1; times <= 5; times++) {
        trial.same('get with a wrong key', await tier.get('sealed'), undefined);
        trial.same(`statistics.undecryptable after ${times} reads`, tier.statistics.undecryptable, times);
      }
      trial.same('enabled', tier.enabled, true);
      trial.same('failureCount', tier.raw.failureCount, 0);
      trial.same('statistics.evictionsCorruption', tier.statistics.evictionsCorruption, 0, 'statistics');
    },
  },
  ...(
    [
      ['a wrong key', new TestCipher('second')],
      ['no key', null],
    ] as const
  ).map(
    ([what, cipher]): Check => ({
      name: `keeps every entry while it is opened with ${what}`,
      rule: 'unreadable',
      run: async (trial) => {
        const stored = [withFirst('sealed'), withFirst('too', SECOND), makeEntry('plain')];
        await closedWith(trial, stored);
        const locked = await trial.tier({ cipher });
        trial.same(`get with ${what}`, await locked.get('sealed'), undefined);
        await locked.getMany(['sealed', 'too']);
        await locked.entries();
        trial.sameEntry(`get of a plain entry with ${what}`, await locked.get('plain'), stored[2]);
        trial.same('cleanupExpired', await locked.cleanupExpired(), 0);
        await locked.close();
        const unlocked = await trial.tier();
        for (const entry of stored)
          trial.sameEntry(`get of "${entry.key}" with the right key again`, await unlocked.get(entry.key), entry);
        trial.same('size with the right key again', await unlocked.size(), 3);
      },
    }),
  ),
  {
    name: 'replaces or deletes an entry that no key opens',
    rule: 'overwrites',
    run: async (trial) => {
      await closedWith(trial, [withFirst('a'), withFirst('b'), withFirst('c')]);
      const locked = await trial.tier({ cipher: new TestCipher('second') });
      const fresh = makeEntry('a', { ...SECOND, source: 'new' });
      trial.same('put over an entry that no key opens', await locked.put(fresh), true);
      trial.sameEntry('get of the replacement', await locked.get('a'), fresh);
      await locked.delete('b');
      await locked.close();
      const unlocked = await trial.tier();
      trial.same('get of an entry deleted with a wrong key', await unlocked.get('b'), undefined, 'deletes');
      trial.same('get of an entry replaced with a wrong key', await unlocked.get('a'), undefined);
      trial.sameEntry('get of an untouched entry', await unlocked.get('c'), withFirst('c'));
    },
  },
];

/** Writes a store with the trial's own key, and closes it. */
async function closedWith(trial: Trial, entries: readonly CacheEntry[]): Promise<void> {
  const tier = await trial.tierWith(entries);
  await tier.close();
}

export const credentials: CheckGroup = {
  name: 'credentials',
  checks: ({ capabilities }: Claims) => [...always, ...(capabilities.persistent ? persistent : transient)],
};
