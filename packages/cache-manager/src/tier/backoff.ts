const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * The schedule of attempts to bring back a tier. Every failed attempt doubles the delay, from one second to one minute.
 * Times are epoch milliseconds.
 */
export class Backoff {
  #at = 0;
  #delay = FIRST_RETRY_MS;

  /** True once the delay is over, or if no retry is scheduled. */
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
