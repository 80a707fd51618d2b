/** The instructions for a child process: one argument of its command line, as JSON. */
export interface ChildOrders {
  /** Absolute URL of the module under test. */
  readonly module: string;
  readonly directory: string;
  /** Start time of its clock, in epoch milliseconds. */
  readonly now: number;
  readonly command: string;
  /** A number of repetitions or entries, depending on the command. */
  readonly count: number;
  /** Prefix of the keys. */
  readonly prefix: string;
}
