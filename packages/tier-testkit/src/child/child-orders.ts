/** What a child process is told to do: one argument of its command line, as JSON. */
export interface ChildOrders {
  /** Absolute URL of the module under test. */
  readonly module: string;
  readonly directory: string;
  /** What the clock says at first, in epoch milliseconds. */
  readonly now: number;
  readonly command: string;
  /** How often, or how many; its meaning is the command's. */
  readonly count: number;
  /** What the keys begin with. */
  readonly prefix: string;
}
