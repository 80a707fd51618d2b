import type * as FastCheck from 'fast-check';

/** What a conformance run needs to know about a tier. */
export interface ConformanceSubject {
  /** The module that makes the tier: `new URL('./make-tier.ts', import.meta.url)`. See {@link TierModule}. */
  readonly module: URL;
  /** `import * as fastCheck from 'fast-check'`: the kit has no copy of its own. */
  readonly fastCheck: typeof FastCheck;
  /**
   * Node.js options for child processes, such as those needed to load the module.
   *
   * @default none
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * Longest time for one operation, in milliseconds.
   *
   * @default 10000
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Number of random histories in each property test.
   *
   * @default 100
   */
  readonly runs?: number | undefined;
  /**
   * How often a tier is opened and closed in the search for leaks.
   *
   * @default 10000
   */
  readonly cycles?: number | undefined;
  /**
   * How often a child process is killed while it writes.
   *
   * @default 10
   */
  readonly kills?: number | undefined;
}
