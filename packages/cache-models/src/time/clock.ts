/** Where the time comes from. Tests pass their own clock and never sleep. */
export interface Clock {
  /** The time in epoch milliseconds; fractions are allowed. */
  now(): number;
}

/** The machine's wall clock. */
export const systemClock: Clock = Object.freeze({ now: () => Date.now() });
