import type { CacheTier, Clock, CredentialCipher, EvictionListener, Logger, MaybePromise } from '@pw/cache-models';
import * as fastCheck from 'fast-check';
import { describe, expectTypeOf, it } from 'vitest';
import {
  CONTRACT_RULES,
  ConformanceError,
  type ConformanceSubject,
  type ConformanceTest,
  type ContractRule,
  conformanceTests,
  declareTests,
  type TestRunner,
  type TierModule,
  type TierSetup,
} from '../../src/index.ts';
import { testTier as testWithNode } from '../../src/node-test.ts';
import { testTier as testWithVitest } from '../../src/vitest.ts';

declare const tier: CacheTier;
const module = new URL('./make-tier.ts', import.meta.url);

describe('ConformanceSubject', () => {
  it('requires a module and fast-check', () => {
    expectTypeOf({ module, fastCheck }).toExtend<ConformanceSubject>();
    // @ts-expect-error: fastCheck is required
    void ({ module } satisfies ConformanceSubject);
    // @ts-expect-error: module is required
    void ({ fastCheck } satisfies ConformanceSubject);
  });

  it('refuses a path in place of a URL', () => {
    // @ts-expect-error: module must be a URL
    void ({ module: './make-tier.ts', fastCheck } satisfies ConformanceSubject);
  });

  it('refuses an unknown or misspelt member', () => {
    // @ts-expect-error: the member is called kills
    void ({ module, fastCheck, kill: 1 } satisfies ConformanceSubject);
  });

  it('takes counts as numbers, and undefined for the default', () => {
    expectTypeOf<ConformanceSubject['runs']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ConformanceSubject['cycles']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ConformanceSubject['kills']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ConformanceSubject['deadlineMs']>().toEqualTypeOf<number | undefined>();
  });
});

describe('TierModule', () => {
  it('accepts a factory that returns a tier or a promise of one', () => {
    expectTypeOf({ createTier: () => tier }).toExtend<TierModule>();
    expectTypeOf({ createTier: async () => tier }).toExtend<TierModule>();
    expectTypeOf<ReturnType<TierModule['createTier']>>().toEqualTypeOf<MaybePromise<CacheTier>>();
  });

  it('refuses a factory that returns something other than a tier', () => {
    // @ts-expect-error: createTier must return a tier
    void ({ createTier: () => new Map<string, string>() } satisfies TierModule);
    // @ts-expect-error: createTier is required
    void ({ storedFiles: () => [] } satisfies TierModule);
  });

  it('leaves storedFiles, breakStore and mendStore optional', () => {
    expectTypeOf<Pick<TierModule, 'createTier'>>().toExtend<TierModule>();
  });
});

describe('TierSetup', () => {
  it('passes everything that a tier needs', () => {
    expectTypeOf<TierSetup['clock']>().toEqualTypeOf<Clock>();
    expectTypeOf<TierSetup['logger']>().toEqualTypeOf<Logger>();
    expectTypeOf<TierSetup['cipher']>().toEqualTypeOf<CredentialCipher | undefined>();
    expectTypeOf<TierSetup['onEvict']>().toEqualTypeOf<EvictionListener>();
    expectTypeOf<TierSetup['failureThreshold']>().toEqualTypeOf<number>();
    expectTypeOf<TierSetup['directory']>().toEqualTypeOf<string>();
  });

  it('is read-only', () => {
    const change = (setup: TierSetup): void => {
      // @ts-expect-error: directory is read-only
      setup.directory = 'elsewhere';
    };
    expectTypeOf(change).returns.toBeVoid();
  });
});

describe('the ways to run the tests', () => {
  it('returns a list of named tests', () => {
    expectTypeOf(conformanceTests).parameters.toEqualTypeOf<[subject: ConformanceSubject]>();
    expectTypeOf(conformanceTests).returns.resolves.toEqualTypeOf<ConformanceTest[]>();
    expectTypeOf<ConformanceTest['run']>().toEqualTypeOf<() => Promise<void>>();
    expectTypeOf<ConformanceTest['rule']>().toEqualTypeOf<ContractRule>();
  });

  it('declares them with any runner', () => {
    const runner = { describe: (_name: string, _declare: () => void) => {}, it: (_name: string) => {} };
    expectTypeOf(runner).toExtend<TestRunner>();
    expectTypeOf(declareTests).returns.resolves.toBeVoid();
    // @ts-expect-error: a runner has describe and it
    void (() => declareTests({ describe: () => {} }, 'MyTier', { module, fastCheck }));
    // @ts-expect-error: the name comes before the subject
    void (() => declareTests(runner, { module, fastCheck }));
  });

  it('takes the same arguments with vitest and with node:test', () => {
    expectTypeOf(testWithVitest).toEqualTypeOf(testWithNode);
    expectTypeOf(testWithVitest).parameters.toEqualTypeOf<[name: string, subject: ConformanceSubject]>();
  });
});

describe('CONTRACT_RULES', () => {
  it('maps each rule to its sentence', () => {
    expectTypeOf<ContractRule>().toEqualTypeOf<keyof typeof CONTRACT_RULES>();
    expectTypeOf(CONTRACT_RULES.stores).toExtend<string>();
    // @ts-expect-error: there is no rule of this name
    void CONTRACT_RULES.unknown;
  });

  it('is read-only', () => {
    const change = (): void => {
      // @ts-expect-error: the sentences are fixed
      CONTRACT_RULES.stores = 'anything';
    };
    expectTypeOf(change).returns.toBeVoid();
  });
});

describe('ConformanceError', () => {
  it('names the broken rule', () => {
    expectTypeOf<ConformanceError>().toExtend<Error>();
    expectTypeOf<ConformanceError['rule']>().toEqualTypeOf<ContractRule>();
    expectTypeOf<ConformanceError['name']>().toEqualTypeOf<'ConformanceError'>();
  });

  it('refuses an unknown rule', () => {
    // @ts-expect-error: there is no rule of this name
    void (() => new ConformanceError({ what: 'get("a")', expected: 1, received: 2, rule: 'unknown' }));
    // @ts-expect-error: what is required
    void (() => new ConformanceError({ expected: 1, received: 2, rule: 'stores' }));
  });
});
