import type * as FastCheck from 'fast-check';

/** What a conformance run needs to know of a tier. */
export interface ConformanceSubject {
  /** The module that makes the tier: `new URL('./make-tier.ts', import.meta.url)`. See {@link TierModule}. */
  readonly module: URL;
  /** `import * as fastCheck from 'fast-check'`: the kit depends on no copy of its own. */
  readonly fastCheck: typeof FastCheck;
  /** Options of Node.js for child processes, such as those that let it load the module. Default: none. */
  readonly execArgv?: readonly string[] | undefined;
  /** Longest time for one operation, in milliseconds. Default 10000. */
  readonly deadlineMs?: number | undefined;
  /** Random histories of the model-based test. Default 100. */
  readonly runs?: number | undefined;
  /** Times a tier is opened and closed in the search for leaks. Default 10000. */
  readonly cycles?: number | undefined;
  /** Times a child process is killed in the midst of writing. Default 10. */
  readonly kills?: number | undefined;
}
