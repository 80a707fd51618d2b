import { setTimeout as sleep } from 'node:timers/promises';
import { makeEntry } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import { until } from '../trial/until.ts';
import type { Check, CheckGroup } from './check.ts';

const LONG_MS = 60_000;
const SHORT_MS = 300;

function acquire(tier: ObservedTier, key: string, milliseconds: number, token?: string) {
  return tier.call(`leases.acquire("${key}", ${milliseconds})`, () =>
    tier.raw.leases!.acquire(key, milliseconds, token),
  );
}

function release(tier: ObservedTier, key: string, token: string): Promise<boolean> {
  return tier.call(`leases.release("${key}")`, () => tier.raw.leases!.release(key, token));
}

/** Acquires a lease that nobody has. */
async function acquired(trial: Trial, tier: ObservedTier, key: string, milliseconds: number): Promise<string> {
  const token = await acquire(tier, key, milliseconds);
  trial.holds(`acquire of the free lease of "${key}"`, typeof token === 'string', 'a token', token);
  return token as string;
}

/** Lets time pass both by the injected clock and by that of a server. */
async function pass(trial: Trial, milliseconds: number): Promise<void> {
  trial.clock.advance(milliseconds);
  await sleep(milliseconds);
}

const checks: Check[] = [
  {
    name: 'gives a lease to one owner at a time',
    rule: 'leases',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      for (const key of ['a', 'no entry']) {
        const token = await acquired(trial, tier, key, LONG_MS);
        trial.same(`acquire of the lease of "${key}" that is held`, await acquire(tier, key, LONG_MS), null);
        trial.same('release with another token', await release(tier, key, 'other'), false);
        trial.same('acquire after that release', await acquire(tier, key, LONG_MS), null);
        trial.same('release with the token', await release(tier, key, token), true);
        trial.same('a second release', await release(tier, key, token), false);
        await acquired(trial, tier, key, LONG_MS);
      }
      await acquired(trial, tier, 'another key', LONG_MS);
      trial.same('keys afterwards', await tier.keys(), ['a'], 'lists');
    },
  },
  {
    name: 'ends a lease that is neither extended nor released',
    rule: 'leases',
    run: async (trial) => {
      const tier = await trial.tier();
      const token = await acquired(trial, tier, 'a', SHORT_MS);
      await pass(trial, SHORT_MS);
      await until(trial, 'acquire after the lease has ended', async () => {
        const next = await acquire(tier, 'a', LONG_MS);
        return typeof next === 'string';
      });
      trial.same('release with the token of the lease that has ended', await release(tier, 'a', token), false);
      trial.same('acquire with that token', await acquire(tier, 'a', LONG_MS, token), null);
    },
  },
  {
    name: 'extends a lease with its token',
    rule: 'leases',
    run: async (trial) => {
      const tier = await trial.tier();
      const token = await acquired(trial, tier, 'a', SHORT_MS);
      trial.same('acquire with the token', await acquire(tier, 'a', LONG_MS, token), token);
      await pass(trial, SHORT_MS + 50);
      trial.same('acquire after the first end of the extended lease', await acquire(tier, 'a', LONG_MS), null);
      trial.same('release of the extended lease', await release(tier, 'a', token), true);
    },
  },
  {
    name: 'refuses invalid arguments for a lease',
    rule: 'arguments',
    run: async (trial) => {
      const tier = await trial.tier();
      for (const milliseconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5'])
        await trial.refuses(`leases.acquire("a", ${milliseconds})`, () => acquire(tier, 'a', milliseconds as number));
      await trial.refuses('leases.acquire(5)', () => acquire(tier, 5 as never, LONG_MS));
      await trial.refuses('leases.acquire with a token of 5', () => acquire(tier, 'a', LONG_MS, 5 as never));
      await trial.refuses('leases.release(5)', () => release(tier, 5 as never, 'token'));
      await trial.refuses('leases.release without a token', () => release(tier, 'a', undefined as never));
      await acquired(trial, tier, 'a', LONG_MS);
    },
  },
];

const shared: Check = {
  name: 'gives a lease to one of several instances',
  rule: 'leases',
  run: async (trial) => {
    const tiers = await Promise.all(Array.from({ length: 4 }, () => trial.tier()));
    const tokens = await Promise.all(tiers.map((tier) => acquire(tier, 'a', LONG_MS)));
    const owners = tokens.filter((token) => typeof token === 'string');
    trial.same('number of instances that acquired the lease', owners.length, 1);
    trial.same('release by another instance with the token', await release(tiers[0]!, 'a', owners[0]!), true);
  },
};

export const leases: CheckGroup = {
  name: 'leases',
  checks: ({ capabilities }) => (capabilities.leases ? [...checks, ...(capabilities.shared ? [shared] : [])] : []),
};
