import { CacheError, CacheErrorCode } from '@pw/cache-models';

/** The end of one caller's patience with a load. Its timer keeps the process alive until then: the caller waits for an answer. */
export class LoadDeadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** `milliseconds`: from now, as timers count them: a clock that is set forwards or backwards ends nothing. */
  constructor(milliseconds: number) {
    const giveUp = (): void => this.#controller.abort(timedOut(milliseconds));
    // If the event loop was held up, the answer may lie there and has not been looked at yet: it gets one turn.
    this.#timer = setTimeout(() => void setImmediate(giveUp), milliseconds);
  }

  /** Aborted, with a CacheError of code `CACHE_LOAD_TIMED_OUT`, when the time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

function timedOut(milliseconds: number): CacheError {
  const message = `load: no entry within ${milliseconds} ms (timeoutMs); call again later, or give it more time`;
  return new CacheError(message, { code: CacheErrorCode.LOAD_TIMED_OUT });
}
