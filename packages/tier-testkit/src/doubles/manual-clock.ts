import type { Clock } from '@pw/cache-models';

/** The time at which the clock of every test starts. */
export const START = Date.parse('2026-06-01T00:00:00Z');

/** A clock whose time changes only when a test advances it. */
export class ManualClock implements Clock {
  #now = START;

  now(): number {
    return this.#now;
  }

  /** Moves the clock by milliseconds. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }

  set(now: number): void {
    this.#now = now;
  }
}
