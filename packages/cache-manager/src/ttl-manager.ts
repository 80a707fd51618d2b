import { CacheConfigError, type Logger, silentLogger } from '@pw/cache-models';

/** What a TtlManager sweeps: a CacheManager, or anything else with expired entries. */
export interface Sweepable {
  cleanupExpired(): Promise<number>;
}

export interface TtlManagerOptions {
  /** Seconds between sweeps, more than 0. Default 60. */
  readonly cleanupInterval?: number | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * Removes expired entries in the background; without it they go when a read meets them. Its timer is unref'd: it keeps
 * no process alive. A sweep that takes longer than the interval is not overtaken by the next.
 */
export class TtlManager {
  /** Seconds between sweeps. */
  readonly cleanupInterval: number;
  readonly #target: Sweepable;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;

  /** Throws a CacheConfigError for an interval that is not a positive number. */
  constructor(target: Sweepable, options: TtlManagerOptions = {}) {
    this.#target = target;
    this.#logger = options.logger ?? silentLogger;
    this.cleanupInterval = options.cleanupInterval ?? 60;
    // A timer of Node holds at most 2^31-1 milliseconds.
    if (!(this.cleanupInterval > 0 && this.cleanupInterval * 1e3 < 2 ** 31)) {
      throw new CacheConfigError('ttl manager: cleanupInterval: must be a number of seconds above 0 and below 25 days');
    }
  }

  /** True while the background cleanup runs. */
  get enabled(): boolean {
    return this.#timer !== undefined;
  }

  /** Idempotent. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#sweep(), this.cleanupInterval * 1e3);
    this.#timer.unref();
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      await this.#target.cleanupExpired();
    } catch {
      this.#logger.warn({}, 'background cleanup failed; the next one tries again');
    } finally {
      this.#sweeping = false;
    }
  }
}
