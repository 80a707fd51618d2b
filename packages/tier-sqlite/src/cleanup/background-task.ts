import type { Logger, MaybePromise } from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';

/** Pause between two steps, in milliseconds, in which other work can run. */
const PAUSE_MS = 1;
/** Pause after a failed step, for example because another connection held the lock. */
const RETRY_MS = 1000;

export interface BackgroundTaskOptions {
  readonly tier: string;
  readonly logger: Logger;
  /** Logged when a step fails. */
  readonly failure: string;
  /** Does a part of the work; true if more is left. If it throws or rejects, it must have changed nothing. */
  readonly step: () => MaybePromise<boolean>;
}

/**
 * Work that runs in steps of a few milliseconds until nothing is left. It keeps no process alive: the next opening of
 * the database starts it again for the rest.
 */
export class BackgroundTask {
  readonly #options: BackgroundTaskOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Identifies the current run, so that a step that ends after `stop` does not schedule steps of the next run. */
  #run: symbol | undefined;

  constructor(options: BackgroundTaskOptions) {
    this.#options = options;
  }

  /** Starts the task; does nothing if it is running. */
  start(): void {
    if (this.#run !== undefined) return;
    this.#run = Symbol('run');
    this.#schedule(PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#run = undefined;
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#runStep(), ms).unref();
  }

  async #runStep(): Promise<void> {
    const { step, logger, tier, failure } = this.#options;
    const run = this.#run;
    let wait = PAUSE_MS;
    let isLeft = true;
    try {
      isLeft = await step();
    } catch (error) {
      logger.debug({ tier, code: errorCode(error) }, failure);
      wait = RETRY_MS;
    }
    if (run !== this.#run) return;
    if (isLeft) this.#schedule(wait);
    else this.#run = undefined;
  }
}
