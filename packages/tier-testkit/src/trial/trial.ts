import { isDeepStrictEqual } from 'node:util';
import {
  type CacheEntry,
  type CacheTier,
  type CacheTierConfigInput,
  CacheValidationError,
  type CredentialCipher,
  type EvictionListener,
} from '@pw/cache-models';
import { ConformanceError } from '../contract/conformance-error.ts';
import type { ContractRule } from '../contract/contract-rules.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { RecordingLogger } from '../doubles/recording-logger.ts';
import { TestCipher } from '../doubles/test-cipher.ts';
import type { ConformanceSubject } from '../suite/conformance-subject.ts';
import type { TierModule } from '../suite/tier-module.ts';
import { checkStatistics } from './check-statistics.ts';
import { ObservedTier } from './observed-tier.ts';
import { differences, plainEntry } from './plain-entry.ts';

/** How the tier of a check differs from the default. */
export interface TierOverrides {
  readonly config?: CacheTierConfigInput;
  /** `null` for a tier without a cipher. */
  readonly cipher?: CredentialCipher | null;
  /** Called after the kit's own listener. */
  readonly onEvict?: EvictionListener;
  readonly failureThreshold?: number;
  /** The folder of a store other than the trial's. */
  readonly directory?: string;
}

const DEFAULT_DEADLINE_MS = 10_000;

/** The environment of one check: a clock, a logger, a folder, a factory of tiers, and assertions that quote the contract. */
export class Trial {
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  readonly cipher = new TestCipher();
  readonly module: TierModule;
  readonly subject: ConformanceSubject;
  readonly directory: string;
  readonly rule: ContractRule;
  readonly deadlineMs: number;
  readonly #tiers: ObservedTier[] = [];

  constructor(module: TierModule, subject: ConformanceSubject, directory: string, rule: ContractRule) {
    this.module = module;
    this.subject = subject;
    this.directory = directory;
    this.rule = rule;
    this.deadlineMs = subject.deadlineMs ?? DEFAULT_DEADLINE_MS;
  }

  /** A tier on the trial's store, not yet opened. */
  async tier(overrides: TierOverrides = {}): Promise<ObservedTier> {
    let observed: ObservedTier | undefined;
    const raw: CacheTier = await this.module.createTier({
      config: overrides.config ?? {},
      clock: this.clock,
      logger: this.logger,
      cipher: overrides.cipher === null ? undefined : (overrides.cipher ?? this.cipher),
      failureThreshold: overrides.failureThreshold ?? 3,
      directory: overrides.directory ?? this.directory,
      onEvict: (key, entry, reason) => {
        observed?.evictions.push({ key, entry, reason });
        return overrides.onEvict?.(key, entry, reason);
      },
    });
    observed = new ObservedTier(raw, this.deadlineMs);
    this.#tiers.push(observed);
    return observed;
  }

  /** An open tier that contains these entries. */
  async tierWith(entries: readonly CacheEntry[], overrides: TierOverrides = {}): Promise<ObservedTier> {
    const tier = await this.tier(overrides);
    await tier.open();
    for (const entry of entries)
      this.same(`put of ${JSON.stringify(entry.key)}`, await tier.put(entry), true, 'stores');
    return tier;
  }

  /** Fails unless both values are deeply and strictly equal. */
  same(what: string, came: unknown, expected: unknown, rule: ContractRule = this.rule): void {
    if (!isDeepStrictEqual(came, expected)) throw new ConformanceError({ what, expected, came, rule });
  }

  /** Fails unless both have the same members, in any order. */
  sameSet(what: string, came: Iterable<string>, expected: Iterable<string>, rule: ContractRule = this.rule): void {
    this.same(what, [...came].sort(), [...expected].sort(), rule);
  }

  /** Fails unless both entries are equal in all 22 fields, secrets included; shows the fields that differ. */
  sameEntry(
    what: string,
    came: CacheEntry | undefined,
    expected: CacheEntry | undefined,
    rule: ContractRule = this.rule,
  ): void {
    const [one, other] = [plainEntry(came), plainEntry(expected)];
    if (one === undefined || other === undefined) this.same(what, one, other, rule);
    else this.same(what, differences(one, other), differences(other, one), rule);
  }

  /** Fails unless the condition holds. */
  holds(what: string, condition: boolean, expected: unknown, came: unknown, rule: ContractRule = this.rule): void {
    if (!condition) throw new ConformanceError({ what, expected, came, rule });
  }

  /** Fails unless the operation throws or rejects with a CacheValidationError. */
  async refuses(
    what: string,
    operation: () => unknown,
    rule: ContractRule = 'arguments',
  ): Promise<CacheValidationError> {
    let came: unknown;
    try {
      came = await operation();
    } catch (error) {
      if (error instanceof CacheValidationError) return error;
      came = error;
    }
    throw new ConformanceError({ what, expected: 'a CacheValidationError', came, rule });
  }

  /** After every check: verifies the statistics of its tiers and closes them. */
  async finish(): Promise<void> {
    for (const tier of this.#tiers) await checkStatistics(tier, this);
    for (const tier of this.#tiers) await tier.close();
  }

  /** After a failed check: closes its tiers and ignores errors. */
  async abandon(): Promise<void> {
    for (const tier of this.#tiers) await tier.close().catch(() => {});
  }
}
