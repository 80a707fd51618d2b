import { type CacheEntry, Secret } from '@pw/cache-models';
import { originOf, type ResealCounts } from '@pw/cache-models/tier';
import { expectEntries } from '../assertions/round-trips.ts';
import { TestCipher } from '../doubles/test-cipher.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import { SecretTraces } from '../trial/secret-traces.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

/** Seals for no particular proxy, as other programs do. */
class UnboundCipher extends TestCipher {
  override encrypt(secret: Secret): Uint8Array {
    return super.encrypt(secret);
  }
}

const OLD = new TestCipher('old');
const BOTH = new TestCipher('new', 'old');
const NEW = new TestCipher('new');
const LOST = new TestCipher('lost');
const SEALED = makeEntries(7).map((entry, at) =>
  entry.with({
    username: `user of ${entry.key}`,
    accessCount: 3,
    labels: at % 3 === 2 ? {} : { country: 'DE', of: entry.key },
  }),
);
const PLAIN = makeEntry('plain');
const NOTHING = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, misplaced: 0, inQuarantine: 0 };
/** The test cipher is deterministic, so these are the tokens that OLD makes. */
const OLD_TOKENS = new SecretTraces(
  SEALED.map(({ username, proxyUrl }) => {
    const token = OLD.encrypt(Secret.of(username!.reveal()), { role: 'username', origin: originOf(proxyUrl) });
    return Buffer.from(token).toString();
  }),
);

async function closedWith(trial: Trial, entries: readonly CacheEntry[], cipher: TestCipher): Promise<void> {
  await (await trial.tierWith(entries, { cipher })).close();
}

/** The total over all batches. */
async function resealed(tier: ObservedTier, batchSize: number): Promise<Required<ResealCounts>> {
  await tier.open();
  let sum = NOTHING;
  for await (const { reencrypted, alreadyCurrent, unreadable, misplaced = 0, inQuarantine = 0 } of tier.raw.reseal!(
    batchSize,
  ))
    sum = {
      reencrypted: sum.reencrypted + reencrypted,
      alreadyCurrent: sum.alreadyCurrent + alreadyCurrent,
      unreadable: sum.unreadable + unreadable,
      misplaced: sum.misplaced + misplaced,
      inQuarantine: sum.inQuarantine + inQuarantine,
    };
  return sum;
}

const checks: Check[] = [
  {
    name: 'reseals and counts everything sealed with an older key',
    rule: 'reseal',
    run: async (trial) => {
      await closedWith(trial, [...SEALED, PLAIN], OLD);
      const tier = await trial.tier({ cipher: BOTH });
      const first = await resealed(tier, 3);
      trial.same('reseal of 7 entries with credentials and one without', first, { ...NOTHING, reencrypted: 7 });
      trial.same('a second reseal', await resealed(tier, 100), { ...NOTHING, alreadyCurrent: 7 });
      await tier.close();
      await expectEntries(trial, await trial.tier({ cipher: NEW }), [...SEALED, PLAIN], 'with the new key alone');
    },
  },
  {
    name: 'reseals tokens that are bound to no proxy',
    rule: 'reseal',
    run: async (trial) => {
      await closedWith(trial, [...SEALED, PLAIN], new UnboundCipher('new'));
      const tier = await trial.tier({ cipher: NEW });
      const first = await resealed(tier, 3);
      trial.same('reseal of 7 entries whose tokens are bound to no proxy', first, { ...NOTHING, reencrypted: 7 });
      await tier.close();
      const again = await trial.tier({ cipher: NEW });
      trial.same('a second reseal', await resealed(again, 100), { ...NOTHING, alreadyCurrent: 7 });
      await expectEntries(trial, again, [...SEALED, PLAIN], 'with bound tokens');
    },
  },
  {
    name: 'changes nothing but tokens in reseal',
    rule: 'reseal',
    run: async (trial) => {
      const short = makeEntry('short', { password: 'pass', expiresAt: trial.clock.now() + 1000 });
      await closedWith(trial, [...SEALED, short], OLD);
      trial.clock.advance(1000);
      const tier = await trial.tier({ cipher: BOTH });
      const counts = await resealed(tier, 4);
      trial.same('reseal of 7 live records and an expired one', counts, { ...NOTHING, reencrypted: 8 });
      await expectEntries(trial, tier, SEALED, 'after reseal');
      trial.clock.advance(HOUR);
      trial.same('keys after all have expired', await tier.keys(), [], 'expires');
    },
  },
  {
    name: 'leaves no token of an older key in its files after reseal',
    rule: 'reseal',
    run: async (trial) => {
      const before = await trial.tierWith(SEALED, { cipher: OLD });
      await before.delete(SEALED[0]!.key);
      await before.put(SEALED[1]!.with({ username: 'somebody else' }));
      await before.close();
      const tier = await trial.tier({ cipher: BOTH });
      await resealed(tier, 3);
      await tier.close();
      const found = await OLD_TOKENS.inFiles(trial.module, trial.directory);
      trial.same('tokens of the older key in stored files after reseal', found, undefined);
    },
  },
  {
    name: 'keeps entries that no key opens in reseal',
    rule: 'reseal',
    run: async (trial) => {
      const lost = makeEntry('lost', { username: 'nobody' });
      await closedWith(trial, SEALED, OLD);
      await closedWith(trial, [lost], LOST);
      const tier = await trial.tier({ cipher: BOTH });
      const counts = await resealed(tier, 2);
      trial.same('reseal of 7 records, and one that no key opens', counts, {
        ...NOTHING,
        reencrypted: 7,
        unreadable: 1,
      });
      await tier.close();
      const again = await trial.tier({ cipher: LOST });
      trial.sameEntry(
        'get of the unreadable entry with its own key, after reseal',
        await again.get('lost'),
        lost,
        'unreadable',
      );
    },
  },
];

export const reseal: CheckGroup = {
  name: 'reseal',
  checks: ({ capabilities }) => (capabilities.reseal ? checks : []),
};
