import type { ContractRule } from '../contract/contract-rules.ts';

/** One check bound to a tier, ready to run. */
export interface ConformanceTest {
  readonly group: string;
  readonly name: string;
  readonly rule: ContractRule;
  readonly slow: boolean;
  /** The time limit that a runner should set, in milliseconds. */
  readonly timeoutMs: number;
  readonly run: () => Promise<void>;
}
