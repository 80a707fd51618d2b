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

/** Counts a tier's failures in a row and switches it off; tells a fault of the store from a fault of one record. */
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
  get failureCount(): number {
    return this.#failures;
  }

  get totalFailures(): number {
    return this.#total;
  }

  succeeded(): void {
    if (this.#failures !== 0) this.#failures = 0;
  }

  failed(error: unknown): void {
    this.#failures++;
    this.#total++;
    this.#logger.warn({ tier: this.#name, failures: this.#failures, ...loggableFacts(error) }, 'tier operation failed');
    if (this.#failures < this.failureThreshold || !this.#enabled) return;
    this.#enabled = false;
    this.#logger.error({ tier: this.#name, failures: this.#failures }, 'tier switched off after repeated failures');
  }

  /** A tier that the configuration switched off stays off. */
  reset(): void {
    this.#failures = 0;
    this.#enabled = this.#configured;
  }

  /**
   * Turns an error into an answer. A wrong argument is thrown again; one bad record is counted for itself, and resets
   * nothing (with `count`, so many like it were met); all else is a failure of the tier, or thrown again where `absorb` is false.
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

  /** Once for each reason: an attacker who moves tokens must show even where a key is missing as well. */
  #warnOfTokens(reason: UnreadableReason): void {
    if (this.#warnedOf.has(reason)) return;
    this.#warnedOf.add(reason);
    this.#logger.warn({ tier: this.#name, reason }, WARNINGS[reason]);
  }
}

const WARNINGS: Readonly<Record<UnreadableReason, string>> = Object.freeze({
  unknown:
    'credentials that no key opens: such entries are misses and stay stored; is the encryption key the right one?',
  elsewhere:
    'credentials that are bound to another proxy or field: somebody moved or edited stored records; such entries are misses and stay stored',
  refused:
    'credentials that are bound to no proxy, which foreignTokens refuses: such entries are misses and stay stored; reencrypt with foreignTokens "accept" binds them',
});

/** An error of another cipher or another copy of the package may not tell. */
function reasonOf(error: CacheError): UnreadableReason {
  const { reason } = error as { reason?: unknown };
  return reason === 'elsewhere' || reason === 'refused' ? reason : 'unknown';
}

/** What may be logged of an error: its class and codes, never a message that could quote stored values. */
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
