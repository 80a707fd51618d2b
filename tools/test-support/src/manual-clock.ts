/** A clock whose time changes only when a test moves it. */
export class ManualClock {
  #now: number;

  constructor(now = Date.parse('2026-06-01T00:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves the clock by milliseconds; backwards with a negative number. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  set(now: number): void {
    this.#now = now;
  }
}
