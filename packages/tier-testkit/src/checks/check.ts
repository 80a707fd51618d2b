import type { TierCapabilities } from '@pw/cache-models';
import type { ContractRule } from '../contract/contract-rules.ts';
import type { ConformanceSubject } from '../subject/conformance-subject.ts';
import type { TierModule } from '../subject/tier-module.ts';
import type { Trial } from '../trial/trial.ts';

/** What a group of checks may inspect to decide which checks apply to a tier. */
export interface Claims {
  readonly capabilities: TierCapabilities;
  readonly module: TierModule;
  readonly subject: ConformanceSubject;
}

/** One check, before it is bound to a tier. */
export interface Check {
  /** The behaviour that is required: `keeps entries across close`. */
  readonly name: string;
  /** The sentence that a failure quotes, unless the assertion names another one. */
  readonly rule: ContractRule;
  readonly run: (trial: Trial) => Promise<void>;
  /** True for checks that start processes or repeat an operation very often. */
  readonly slow?: boolean;
}

/** The checks of one part of the contract. */
export interface CheckGroup {
  readonly name: string;
  /** The checks that apply to this tier: a claimed capability must work, and one that is not claimed must be absent. */
  readonly checks: (claims: Claims) => readonly Check[];
}
