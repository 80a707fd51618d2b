import type { TierCapabilities } from '@pw/cache-models';
import type { ContractRule } from '../contract/contract-rules.ts';
import type { Trial } from '../trial/trial.ts';
import type { ConformanceSubject } from './conformance-subject.ts';
import type { TierModule } from './tier-module.ts';

/** What a group of checks may look at when it decides which tests a tier has to pass. */
export interface Claims {
  readonly capabilities: TierCapabilities;
  readonly module: TierModule;
  readonly subject: ConformanceSubject;
}

/** One check, before it is bound to a tier. */
export interface Check {
  /** Says what is wrong when it fails: `loses an entry on close`. */
  readonly name: string;
  /** The sentence that is broken unless an assertion names another one. */
  readonly rule: ContractRule;
  readonly run: (trial: Trial) => Promise<void>;
  /** True for checks that start processes or repeat themselves very often. */
  readonly slow?: boolean;
}

/** Checks of one part of the contract. */
export interface CheckGroup {
  readonly name: string;
  /** The checks that this tier has to pass, by its claims: a claim that is not made is tested too. */
  readonly checks: (claims: Claims) => readonly Check[];
}

/** One test, ready to run. */
export interface ConformanceTest {
  readonly group: string;
  readonly name: string;
  readonly rule: ContractRule;
  readonly slow: boolean;
  /** Longest time in milliseconds for a runner to wait. */
  readonly timeoutMs: number;
  readonly run: () => Promise<void>;
}
