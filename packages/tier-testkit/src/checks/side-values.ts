import type { SideValues } from '@pw/cache-models/tier';
import { makeEntries } from '../samples/make-entry.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import type { Trial } from '../trial/trial.ts';
import { within } from '../trial/within.ts';
import type { Check, CheckGroup } from './check.ts';

const ENTRIES = makeEntries(3);
const NAME = 'kit-value';
/** The number of instances that compete to be the first. */
const RACERS = 4;

/** The side values of an opened tier, each answer awaited within the deadline. */
async function partOf(trial: Trial, tier: ObservedTier): Promise<Part> {
  await tier.open();
  return new Part(trial, tier.raw.sideValues!);
}

class Part {
  readonly #trial: Trial;
  readonly #values: SideValues;

  constructor(trial: Trial, values: SideValues) {
    this.#trial = trial;
    this.#values = values;
  }

  read(name: string): Promise<string | undefined> {
    return this.#soon(`read(${name})`, async () => this.#values.read(name));
  }
  storeIfAbsent(name: string, value: string): Promise<string> {
    return this.#soon(`storeIfAbsent(${name})`, async () => this.#values.storeIfAbsent(name, value));
  }
  replace(name: string, expected: string, value: string): Promise<boolean> {
    return this.#soon(`replace(${name})`, async () => this.#values.replace(name, expected, value));
  }

  #soon<T>(what: string, work: () => Promise<T>): Promise<T> {
    return within(this.#trial.deadlineMs, what, work());
  }
}

const checks: Check[] = [
  {
    name: 'keeps the first side value stored under a name',
    rule: 'sideValues',
    run: async (trial) => {
      const tier = await trial.tier();
      const part = await partOf(trial, tier);
      trial.same('read of a name without a value', await part.read(NAME), undefined);
      trial.same('storeIfAbsent of the first value', await part.storeIfAbsent(NAME, 'first'), 'first');
      trial.same('storeIfAbsent of a second value', await part.storeIfAbsent(NAME, 'second'), 'first');
      trial.same(
        'storeIfAbsent under another name',
        await part.storeIfAbsent('other', 'x'.repeat(16_384)),
        'x'.repeat(16_384),
      );
      trial.same('read afterwards', await part.read(NAME), 'first');
      await tier.close();
      const again = await partOf(trial, await trial.tier());
      trial.same('read by another instance', await again.read(NAME), 'first');
      trial.same('read of the longest value by another instance', await again.read('other'), 'x'.repeat(16_384));
    },
  },
  {
    name: 'replaces a side value only if it is the expected one',
    rule: 'sideValues',
    run: async (trial) => {
      const part = await partOf(trial, await trial.tier());
      trial.same('replace of a missing value', await part.replace(NAME, 'first', 'second'), false);
      trial.same('read afterwards', await part.read(NAME), undefined);
      await part.storeIfAbsent(NAME, 'first');
      trial.same('replace of another value', await part.replace(NAME, 'other', 'second'), false);
      trial.same('read afterwards', await part.read(NAME), 'first');
      trial.same('replace of the value', await part.replace(NAME, 'first', 'second'), true);
      trial.same('read afterwards', await part.read(NAME), 'second');
    },
  },
  {
    name: 'does not list side values among its entries',
    rule: 'sideValues',
    run: async (trial) => {
      const tier = await trial.tierWith(ENTRIES);
      const part = await partOf(trial, tier);
      await part.storeIfAbsent(NAME, 'value');
      const keys = ENTRIES.map(({ key }) => key).sort();
      trial.same('keys', [...(await tier.keys())].sort(), keys);
      trial.same('size', await tier.size(), ENTRIES.length);
      trial.same('has of its name', await tier.has(NAME), false);
      trial.same('keys of entries()', (await tier.entries()).map(({ key }) => key).sort(), keys);
      await tier.close();
      const again = await trial.tier();
      trial.same('keys when it is reopened', [...(await again.keys())].sort(), keys);
    },
  },
  {
    name: 'keeps side values when it is cleared, full or cleaned up',
    rule: 'sideValues',
    run: async (trial) => {
      const tier = await trial.tier({ config: { maxEntries: 2 } });
      const part = await partOf(trial, tier);
      await part.storeIfAbsent(NAME, 'value');
      for (const entry of makeEntries(6)) await tier.put(entry);
      trial.same('read after more puts than maxEntries', await part.read(NAME), 'value');
      await tier.clear();
      trial.same('read after clear', await part.read(NAME), 'value');
      trial.clock.advance(10 * 365 * 86_400_000);
      await tier.cleanupExpired();
      trial.same('read after ten years and cleanupExpired', await part.read(NAME), 'value');
    },
  },
  {
    name: 'refuses an invalid name or value for a side value',
    rule: 'sideValues',
    run: async (trial) => {
      const part = await partOf(trial, await trial.tier());
      for (const name of ['', '../x', 'Upper', 'a'.repeat(65), 'a b'])
        await trial.refuses(`read of the name ${JSON.stringify(name)}`, () => part.read(name));
      for (const value of ['', 'two\nlines', 'x'.repeat(16_385), 'ä'])
        await trial.refuses(`storeIfAbsent of a wrong value`, () => part.storeIfAbsent(NAME, value));
      trial.same('read afterwards', await part.read(NAME), undefined);
    },
  },
];

const sharedChecks: Check[] = [
  {
    name: 'lets only one of several instances store a side value first',
    rule: 'sideValues',
    run: async (trial) => {
      const tiers = await Promise.all(Array.from({ length: RACERS }, () => trial.tier()));
      const parts = await Promise.all(tiers.map((tier) => partOf(trial, tier)));
      for (let turn = 0; turn < 5; turn++) {
        const name = `${NAME}-${turn}`;
        const answers = await Promise.all(parts.map((part, at) => part.storeIfAbsent(name, `of-${at}`)));
        const stored = await parts[0]!.read(name);
        for (const answer of answers)
          trial.same(`storeIfAbsent by one of ${RACERS} concurrent instances`, answer, stored);
      }
    },
  },
  {
    name: 'lets only one of several instances replace a side value',
    rule: 'sideValues',
    run: async (trial) => {
      const tiers = await Promise.all(Array.from({ length: RACERS }, () => trial.tier()));
      const parts = await Promise.all(tiers.map((tier) => partOf(trial, tier)));
      await parts[0]!.storeIfAbsent(NAME, 'old');
      const answers = await Promise.all(parts.map((part, at) => part.replace(NAME, 'old', `of-${at}`)));
      trial.same('number of replacements that succeeded', answers.filter(Boolean).length, 1);
      trial.same('read afterwards', await parts[0]!.read(NAME), `of-${answers.indexOf(true)}`);
    },
  },
];

export const sideValues: CheckGroup = {
  name: 'side values',
  checks: ({ capabilities }) =>
    capabilities.sideValues ? [...checks, ...(capabilities.shared ? sharedChecks : [])] : [],
};
