import { CacheCorruptionError, CacheError, CacheErrorCode, CacheValidationError } from './cache-error.ts';
import type { Logger } from './logger.ts';
import type { TierStatistics } from './tier-statistics.ts';

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
  #warnedOfKeys = false;

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
    this.#logger.warn({ tier: this.#name, failures: this.#failures, ...facts(error) }, 'tier operation failed');
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
   * nothing; all else is a failure of the tier, or thrown again where `absorb` is false.
   */
  recover<T>(error: unknown, fallback: T, absorb = true): T {
    if (error instanceof CacheCorruptionError) {
      this.#counts.evictionsCorruption++;
      this.#logger.warn({ tier: this.#name, ...facts(error) }, 'damaged record set aside');
      return fallback;
    }
    if (error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE) {
      this.#counts.undecryptable++;
      this.#warnOfKeys();
      return fallback;
    }
    if (error instanceof CacheValidationError || !absorb) throw error;
    this.failed(error);
    return fallback;
  }

  #warnOfKeys(): void {
    if (this.#warnedOfKeys) return;
    this.#warnedOfKeys = true;
    this.#logger.warn(
      { tier: this.#name },
      'credentials that no key opens: such entries are misses and stay stored; is the encryption key the right one?',
    );
  }
}

/** What may be logged of an error: its class and codes, never a message that could quote stored values. */
function facts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = (error as { code?: unknown }).code;
  return { error: error.name, ...(typeof code === 'string' ? { code } : {}) };
}
