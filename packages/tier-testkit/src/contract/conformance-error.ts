import { AssertionError } from 'node:assert';
import { CacheConfigError } from '@pw/cache-models';
import { type ArgumentKind, checkOptionsObject, Kinds } from '@pw/cache-models/tier';
import { CONTRACT_RULES, type ContractRule } from './contract-rules.ts';
import { show } from './show.ts';

/** What a failed check reports. */
export interface Failing {
  /** What was done, such as `get("a") after put("a")`. */
  readonly what: string;
  readonly expected: unknown;
  readonly received: unknown;
  readonly rule: ContractRule;
  readonly cause?: unknown;
}

const ANYTHING: ArgumentKind = Object.freeze({ wanted: 'may be anything', isRight: () => true });
const FAILING: Readonly<Record<keyof Failing, ArgumentKind>> = Object.freeze({
  what: Kinds.string,
  expected: ANYTHING,
  received: ANYTHING,
  rule: Object.freeze({
    wanted: 'must be one of CONTRACT_RULES',
    isRight: (value: unknown) => typeof value === 'string' && Object.hasOwn(CONTRACT_RULES, value),
  }),
  cause: ANYTHING,
});

/** A violation of the contract: what was expected, what was received, and the sentence that is broken. */
export class ConformanceError extends AssertionError {
  override readonly name = 'ConformanceError';
  readonly rule: ContractRule;

  /** Throws a CacheConfigError for a value that does not describe a failure. */
  constructor(failing: Failing) {
    checkOptionsObject(failing, FAILING, { what: 'ConformanceError', name: 'failing', error: CacheConfigError });
    const { what, expected, received, rule, cause } = failing;
    const lines = [
      what,
      `  expected: ${show(expected)}`,
      `  received: ${show(received)}`,
      `  contract: ${CONTRACT_RULES[rule]}`,
    ];
    super({ message: lines.join('\n'), actual: received, expected, operator: rule });
    this.rule = rule;
    if (cause !== undefined) this.cause = cause;
  }
}
