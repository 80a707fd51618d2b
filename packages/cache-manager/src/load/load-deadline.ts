import { CacheError, CacheErrorCode } from '@pw/cache-models';

/**
 * The deadline of one caller of a load. Its timer keeps the process alive, because the caller is waiting for a result.
 */
export class LoadDeadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** The deadline is `milliseconds` from now, even if the system clock is changed. */
  constructor(milliseconds: number) {
    const giveUp = (): void => this.#controller.abort(timedOut(milliseconds));
    // If the event loop was blocked, the result may have arrived but not been processed: allow one more turn.
    this.#timer = setTimeout(() => void setImmediate(giveUp), milliseconds);
  }

  /** Aborted at the deadline, with a CacheError of code `CACHE_LOAD_TIMED_OUT`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

function timedOut(milliseconds: number): CacheError {
  const message = `load: no entry within ${milliseconds} ms (timeoutMs); call again later, or allow more time`;
  return new CacheError(message, { code: CacheErrorCode.LOAD_TIMED_OUT });
}
