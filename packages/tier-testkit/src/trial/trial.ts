import type { CacheEntry, CacheTier, CacheTierConfigInput, CredentialCipher, EvictionListener } from '@pw/cache-models';
import { ManualClock, RecordingLogger } from '@pw/test-support/doubles';
import type { ContractRule } from '../contract/contract-rules.ts';
import { TestCipher } from '../doubles/test-cipher.ts';
import type { ConformanceSubject } from '../subject/conformance-subject.ts';
import type { TierModule } from '../subject/tier-module.ts';
import { Assertions } from './assertions.ts';
import { checkStatistics } from './check-statistics.ts';
import { ObservedTier } from './observed-tier.ts';

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

/**
 * The environment of one check: a clock, a logger, a folder, a factory of tiers, and assertions that quote the
 * contract.
 */
export class Trial extends Assertions {
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  readonly cipher = new TestCipher();
  readonly module: TierModule;
  readonly subject: ConformanceSubject;
  readonly directory: string;
  readonly deadlineMs: number;
  readonly #tiers: ObservedTier[] = [];

  constructor(module: TierModule, subject: ConformanceSubject, directory: string, rule: ContractRule) {
    super(rule);
    this.module = module;
    this.subject = subject;
    this.directory = directory;
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
    // What the module returns is not known to be a tier yet.
    this.countsAccesses = (raw as Partial<CacheTier> | undefined)?.capabilities?.countsAccesses === true;
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
