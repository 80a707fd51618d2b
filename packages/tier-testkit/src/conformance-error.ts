import { AssertionError } from 'node:assert';
import { CONTRACT_RULES, type ContractRule } from './contract-rules.ts';
import { show } from './show.ts';

/** What a failed check says. */
export interface Failing {
  /** What was done: `get("a") after put("a")`. */
  readonly what: string;
  readonly expected: unknown;
  readonly came: unknown;
  readonly rule: ContractRule;
  readonly cause?: unknown;
}

/** A broken sentence of the contract: what was expected, what came, and the sentence. */
export class ConformanceError extends AssertionError {
  override readonly name = 'ConformanceError';
  readonly rule: ContractRule;

  constructor({ what, expected, came, rule, cause }: Failing) {
    const lines = [
      what,
      `  expected: ${show(expected)}`,
      `  came:     ${show(came)}`,
      `  contract: ${CONTRACT_RULES[rule]}`,
    ];
    super({ message: lines.join('\n'), actual: came, expected, operator: rule });
    this.rule = rule;
    if (cause !== undefined) this.cause = cause;
  }
}
