/** How often a proof is repeated: `small` times by default, `full` times with PW_FAULTS=full in the environment. */
export function count(small: number, full: number): number {
  return isFull ? full : small;
}

const isFull = process.env['PW_FAULTS'] === 'full';

/** Timeout in milliseconds of a test at its full count. */
export const FULL_TIME = 3 * 60 * 60 * 1000;
