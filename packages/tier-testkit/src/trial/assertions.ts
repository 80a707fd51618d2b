import { isDeepStrictEqual } from 'node:util';
import { type CacheEntry, CacheValidationError } from '@pw/cache-models';
import { ConformanceError } from '../contract/conformance-error.ts';
import type { ContractRule } from '../contract/contract-rules.ts';
import { differences, type PlainEntry, plainEntry, withoutCounts } from './plain-entry.ts';

/**
 * Assertions that fail with a ConformanceError, which quotes a sentence of the contract: by default that of the check.
 */
export class Assertions {
  readonly rule: ContractRule;
  /**
   * True if a get changes the two counts of an entry: {@link sameEntry} then ignores them, and the group counts checks
   * them.
   */
  protected countsAccesses = false;

  constructor(rule: ContractRule) {
    this.rule = rule;
  }

  /** Fails unless both values are deeply and strictly equal. */
  same(what: string, received: unknown, expected: unknown, rule: ContractRule = this.rule): void {
    if (!isDeepStrictEqual(received, expected)) throw new ConformanceError({ what, expected, received, rule });
  }

  /** Fails unless both have the same members, in any order. */
  sameSet(what: string, received: Iterable<string>, expected: Iterable<string>, rule: ContractRule = this.rule): void {
    this.same(what, [...received].sort(), [...expected].sort(), rule);
  }

  /**
   * Fails unless both entries are equal in all 22 fields, secrets included; in all but the counts for a tier that
   * counts accesses. Shows the fields that differ.
   */
  sameEntry(
    what: string,
    received: CacheEntry | undefined,
    expected: CacheEntry | undefined,
    rule: ContractRule = this.rule,
  ): void {
    const [one, other] = [plainEntry(received), plainEntry(expected)];
    if (one === undefined || other === undefined) this.same(what, one, other, rule);
    else if (this.countsAccesses) this.#sameFields(what, withoutCounts(one), withoutCounts(other), rule);
    else this.#sameFields(what, one, other, rule);
  }

  #sameFields(what: string, one: PlainEntry, other: PlainEntry, rule: ContractRule): void {
    this.same(what, differences(one, other), differences(other, one), rule);
  }

  /** Fails unless the condition holds. */
  holds(what: string, condition: boolean, expected: unknown, received: unknown, rule: ContractRule = this.rule): void {
    if (!condition) throw new ConformanceError({ what, expected, received, rule });
  }

  /** Fails unless the operation throws or rejects with a CacheValidationError. */
  async refuses(
    what: string,
    operation: () => unknown,
    rule: ContractRule = 'arguments',
  ): Promise<CacheValidationError> {
    let received: unknown;
    try {
      received = await operation();
    } catch (error) {
      if (error instanceof CacheValidationError) return error;
      received = error;
    }
    throw new ConformanceError({ what, expected: 'a CacheValidationError', received, rule });
  }
}
