/** How often a proof is repeated: a little in every test run, `full` times with PW_FAULTS=full in the environment. */
export function count(small: number, full: number): number {
  return isFull ? full : small;
}

const isFull = process.env['PW_FAULTS'] === 'full';

/** Milliseconds that a test at its full count may take. */
export const FULL_TIME = 3 * 60 * 60 * 1000;
