import {
  type ArgumentKind,
  CacheConfigError,
  checkArgument,
  checkOptionsObject,
  Kinds,
  type Logger,
  optional,
  silentLogger,
} from '@pw/cache-models';
import { quietLogger } from '../observe/quiet-logger.ts';
import { INTERVAL } from '../open/check-options.ts';

/** What a TtlManager sweeps: a CacheManager, or anything else with expired entries. */
export interface Sweepable {
  cleanupExpired(): Promise<number>;
}

export interface TtlManagerOptions {
  /** Seconds between sweeps, more than 0. Default 60. */
  readonly cleanupInterval?: number | undefined;
  readonly logger?: Logger | undefined;
}

const TARGET: ArgumentKind = Object.freeze({
  wanted: 'must have a function cleanupExpired',
  isRight: (value: unknown) => typeof (value as Partial<Sweepable> | null | undefined)?.cleanupExpired === 'function',
});
const OPTIONS: Readonly<Record<keyof TtlManagerOptions, ArgumentKind>> = Object.freeze({
  cleanupInterval: optional(INTERVAL),
  logger: optional(Kinds.logger),
});

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

  /** Throws a CacheConfigError for what cannot be swept, and for a wrong option. */
  constructor(target: Sweepable, options: TtlManagerOptions = {}) {
    checkArgument('target', target, TARGET, CacheConfigError);
    checkOptionsObject(options, OPTIONS, { what: 'ttl manager', error: CacheConfigError });
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
