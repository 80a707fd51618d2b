import { CacheConfigError, type Logger, silentLogger } from '@pw/cache-models';
import { type ArgumentKind, checkArgument, checkOptionsObject, Kinds, optional } from '@pw/cache-models/tier';
import { quietLogger } from '../observe/quiet-logger.ts';
import { LONGEST_TIMER } from '../scheduling/longest-timer.ts';

/** The target of a TtlManager: a CacheManager, or anything else with expired entries. */
export interface Sweepable {
  cleanupExpired(): Promise<number>;
}

export interface TtlManagerOptions {
  /**
   * Seconds between cleanups, more than 0.
   *
   * @default 60
   */
  readonly cleanupInterval?: number | undefined;
  /**
   * Receives a warning when a cleanup fails.
   *
   * @default silent
   */
  readonly logger?: Logger | undefined;
}

/** An interval in seconds that a repeating timer supports. */
export const INTERVAL: ArgumentKind = Object.freeze({
  wanted: 'must be a number of seconds above 0 and below 25 days',
  isRight: (value: unknown) => typeof value === 'number' && value > 0 && value * 1e3 <= LONGEST_TIMER,
});

const TARGET: ArgumentKind = Object.freeze({
  wanted: 'must have a function cleanupExpired',
  isRight: (value: unknown) => typeof (value as Partial<Sweepable> | null | undefined)?.cleanupExpired === 'function',
});
const OPTIONS: Readonly<Record<keyof TtlManagerOptions, ArgumentKind>> = Object.freeze({
  cleanupInterval: optional(INTERVAL),
  logger: optional(Kinds.logger),
});

/**
 * Removes expired entries in the background; otherwise they are removed only when they are read. Its timer does not
 * keep the process alive. Cleanups never overlap, even if one takes longer than the interval.
 *
 * @example
 * ```ts
 * const ttl = new TtlManager(cache, { cleanupInterval: 30 });
 * ttl.start();
 * ttl.stop();
 * ```
 */
export class TtlManager {
  /** Seconds between cleanups. */
  readonly cleanupInterval: number;
  readonly #target: Sweepable;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  #isCleaning = false;

  /** Throws a CacheConfigError for a target without `cleanupExpired`, and for an invalid option. */
  constructor(target: Sweepable, options: TtlManagerOptions = {}) {
    checkArgument('target', target, TARGET, CacheConfigError);
    checkOptionsObject(options, OPTIONS, { what: 'TtlManager', error: CacheConfigError });
    this.#target = target;
    this.#logger = quietLogger(options.logger ?? silentLogger);
    this.cleanupInterval = options.cleanupInterval ?? 60;
  }

  /** True while the background cleanup runs. */
  get enabled(): boolean {
    return this.#timer !== undefined;
  }

  /** Idempotent. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#cleanup(), this.cleanupInterval * 1e3);
    this.#timer.unref();
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #cleanup(): Promise<void> {
    if (this.#isCleaning) return;
    this.#isCleaning = true;
    try {
      await this.#target.cleanupExpired();
    } catch {
      this.#logger.warn({}, 'background cleanup failed; the next one tries again');
    } finally {
      this.#isCleaning = false;
    }
  }
}

/**
 * Cleans up a cache every `cleanupInterval` seconds until it is stopped or the cache has been garbage-collected. The
 * timer holds the cache weakly, so that an abandoned cache is collected together with its files and database.
 */
export function startBackgroundCleanup(cache: Sweepable, cleanupInterval: number, logger: Logger): TtlManager {
  const ref = new WeakRef(cache);
  const cleanupExpired = async (): Promise<number> => {
    const target = ref.deref();
    if (target === undefined) manager.stop();
    return target?.cleanupExpired() ?? 0;
  };
  const manager = new TtlManager({ cleanupExpired }, { cleanupInterval, logger });
  manager.start();
  return manager;
}
