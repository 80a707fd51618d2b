/** The time at which a {@link ManualClock} starts, unless a test gives another, in epoch milliseconds. */
export const START = Date.parse('2026-06-01T00:00:00Z');

/** A clock whose time changes only when a test moves it. */
export class ManualClock {
  #now: number;

  constructor(now = START) {
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
