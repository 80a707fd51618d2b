import {
  CacheCorruptionError,
  CacheError,
  CacheErrorCode,
  CacheValidationError,
  type UnreadableReason,
} from '../errors/cache-error.ts';
import { errorCode } from '../errors/error-code.ts';
import { reasonToShow } from '../errors/reason-to-show.ts';
import type { Logger } from '../logger.ts';
import type { TierStatistics } from '../statistics/tier-statistics.ts';

/**
 * Counts a tier's consecutive failures and switches it off at the threshold; distinguishes faults of the store from
 * faults of one record. The tier is *on* until `failureThreshold` consecutive failures, then *off* until `reset`; a
 * tier that its configuration disables is always off.
 */
export class TierHealth {
  readonly failureThreshold: number;
  readonly #name: string;
  readonly #configured: boolean;
  readonly #counts: TierStatistics;
  readonly #logger: Logger;
  #enabled: boolean;
  #failures = 0;
  #total = 0;
  readonly #warnedOf = new Set<UnreadableReason>();

  constructor(name: string, configured: boolean, failureThreshold: number, counts: TierStatistics, logger: Logger) {
    this.#name = name;
    this.#configured = configured;
    this.#enabled = configured;
    this.failureThreshold = failureThreshold;
    this.#counts = counts;
    this.#logger = logger;
  }

  get enabled(): boolean {
    return this.#enabled;
  }
  /** True if the tier is on and its last operation succeeded. */
  get isSound(): boolean {
    return this.#enabled && this.#failures === 0;
  }
  get failureCount(): number {
    return this.#failures;
  }

  get totalFailures(): number {
    return this.#total;
  }

  /** Ends a run of consecutive failures. */
  succeeded(): void {
    if (this.#failures !== 0) this.#failures = 0;
  }

  /** Counts and logs a failure; the one that reaches the threshold switches the tier off. */
  failed(error: unknown): void {
    this.#failures++;
    this.#total++;
    this.#logger.warn({ tier: this.#name, failures: this.#failures, ...loggableFacts(error) }, 'tier operation failed');
    if (this.#failures < this.failureThreshold || !this.#enabled) return;
    this.#enabled = false;
    this.#logger.error({ tier: this.#name, failures: this.#failures }, 'tier switched off after repeated failures');
  }

  /** Switches the tier on again; a tier that its configuration disables stays off. */
  reset(): void {
    this.#failures = 0;
    this.#enabled = this.#configured;
  }

  /**
   * Turns an error into the result `fallback`. A wrong argument is rethrown. A damaged or unreadable record is counted
   * as such, or `count` damaged records, without ending a run of failures. Any other error is a failure of the tier, or
   * rethrown if `absorb` is false.
   */
  recover<T>(error: unknown, fallback: T, absorb = true, count = 1): T {
    if (error instanceof CacheCorruptionError) {
      this.#counts.evictionsCorruption += count;
      const many = count === 1 ? {} : { count };
      this.#logger.warn({ tier: this.#name, ...loggableFacts(error), ...many }, 'damaged record set aside');
      return fallback;
    }
    if (error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE) {
      this.#counts.undecryptable++;
      this.#warnOfTokens(reasonOf(error));
      return fallback;
    }
    if (error instanceof CacheValidationError || !absorb) throw error;
    this.failed(error);
    return fallback;
  }

  /** Warns once per reason: an attacker who moves tokens must be visible even if a key is missing too. */
  #warnOfTokens(reason: UnreadableReason): void {
    if (this.#warnedOf.has(reason)) return;
    this.#warnedOf.add(reason);
    this.#logger.warn({ tier: this.#name, code: CacheErrorCode.CREDENTIAL_UNREADABLE, reason }, WARNINGS[reason]);
  }
}

const WARNINGS: Readonly<Record<UnreadableReason, string>> = Object.freeze({
  unknown:
    'no key opens some credentials: their entries are misses and stay stored; check that the encryption key is the right one',
  elsewhere:
    'some credentials are bound to another proxy or field, so stored records were moved or edited: their entries are misses and stay stored',
  refused:
    'some credentials are bound to no proxy, and foreignTokens is "refuse": their entries are misses and stay stored; reencrypt with foreignTokens "accept" binds them',
});

/** Errors of other ciphers, or of other copies of the package, may have no reason. */
function reasonOf(error: CacheError): UnreadableReason {
  const { reason } = error as { reason?: unknown };
  return reason === 'elsewhere' || reason === 'refused' ? reason : 'unknown';
}

/** The loggable facts of an error: its class and codes, never a message that could quote stored values. */
function loggableFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = errorCode(error);
  const reason = reasonToShow(error);
  return {
    error: error.name,
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
  };
}
