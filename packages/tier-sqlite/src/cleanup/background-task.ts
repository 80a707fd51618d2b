import type { Logger, MaybePromise } from '@pw/cache-models';
import { codeOf } from '../database/storage-error.ts';

/** Between two steps, in milliseconds: others have their turns. */
const REST_MS = 1;
/** After a step that failed, as for a lock that stayed taken. */
const RETRY_MS = 1000;

export interface SweepLaterOptions {
  readonly tier: string;
  readonly logger: Logger;
  /** Does some of the work; true if more is left. Throws, or rejects, having done nothing. */
  readonly step: () => MaybePromise<boolean>;
}

/** Work that is done in steps of a few milliseconds, beside all else, until nothing is left. Keeps no process alive: what is left is begun anew by the next opening. */
export class SweepLater {
  readonly #options: SweepLaterOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Told apart from one that was stopped while its step waited. */
  #run: symbol | undefined;

  constructor(options: SweepLaterOptions) {
    this.#options = options;
  }

  /** There is something to do. */
  start(): void {
    if (this.#run !== undefined) return;
    this.#run = Symbol('run');
    this.#next(REST_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#run = undefined;
  }

  #next(ms: number): void {
    this.#timer = setTimeout(() => void this.#turn(), ms).unref();
  }

  async #turn(): Promise<void> {
    const { step, logger, tier } = this.#options;
    const run = this.#run;
    let wait = REST_MS;
    let isLeft = true;
    try {
      isLeft = await step();
    } catch (error) {
      logger.debug({ tier, code: codeOf(error) }, 'checks that were forgotten could not be removed yet');
      wait = RETRY_MS;
    }
    if (run !== this.#run) return;
    if (isLeft) this.#next(wait);
    else this.#run = undefined;
  }
}
