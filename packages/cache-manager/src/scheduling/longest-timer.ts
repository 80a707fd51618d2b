/** The longest delay that a Node.js timer supports, in milliseconds. */
export const LONGEST_TIMER = 2 ** 31 - 1;
