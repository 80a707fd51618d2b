const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** When a tier is tried again: each try that fails doubles the wait, from one second to one minute. Times in epoch milliseconds. */
export class RetrySchedule {
  #at = 0;
  #wait = FIRST_RETRY_MS;

  /** True when it is time, or when nothing was ever put off. */
  isDue(now: number): boolean {
    return now >= this.#at;
  }

  /** Milliseconds from `now` to the next try. */
  waitAt(now: number): number {
    return Math.max(0, this.#at - now);
  }

  /** A try has failed, or the tier has switched itself off. */
  putOff(now: number, failed: boolean): void {
    this.#at = now + this.#wait;
    if (failed) this.#wait = Math.min(this.#wait * 2, LAST_RETRY_MS);
  }

  /** There is something to try again soon, if nothing is planned yet. */
  soon(now: number): void {
    if (this.#at === 0) this.#at = now + FIRST_RETRY_MS;
  }

  /** What is planned comes at once. */
  atOnce(now: number): void {
    this.#at = now;
  }

  /** Everything was done; `again`, if given, is the time of the next try. */
  done(again = 0): void {
    this.#at = again;
    this.#wait = FIRST_RETRY_MS;
  }
}
