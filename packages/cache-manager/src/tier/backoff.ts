const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * When the next attempt to bring back a tier is due: the time of the attempt, and the delay before the one after it.
 * The delay begins with one second, doubles with each failed attempt up to one minute, and starts again with one second
 * after a success. A tier that is down for a night is thus tried once a minute, and one that stumbled is back within
 * seconds. There is no jitter: an attempt is one small read by one process.
 *
 * Holds two numbers, and neither a clock nor a timer. Times are epoch milliseconds; `#at` 0 means that no attempt is
 * scheduled, and then one is due at any time.
 */
export class Backoff {
  #at = 0;
  #delay = FIRST_RETRY_MS;

  /** True once the delay is over, or if no attempt is scheduled. */
  isDue(now: number): boolean {
    return now >= this.#at;
  }

  /** Milliseconds until the next attempt. */
  remainingMs(now: number): number {
    return Math.max(0, this.#at - now);
  }

  /**
   * Schedules the next attempt after the current delay. If the last attempt failed, the delay after that is doubled.
   */
  postpone(now: number, hasFailed: boolean): void {
    this.#at = now + this.#delay;
    if (hasFailed) this.#delay = Math.min(this.#delay * 2, LAST_RETRY_MS);
  }

  /** Schedules an attempt after the first delay, unless one is scheduled already. */
  scheduleSoon(now: number): void {
    if (this.#at === 0) this.#at = now + FIRST_RETRY_MS;
  }

  /** Makes the next attempt due immediately. */
  scheduleNow(now: number): void {
    this.#at = now;
  }

  /** Resets the delay after a success. `nextAt` is the time of the next attempt, if one is needed. */
  reset(nextAt = 0): void {
    this.#at = nextAt;
    this.#delay = FIRST_RETRY_MS;
  }
}
