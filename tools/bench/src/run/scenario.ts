import type { MaybePromise } from '@pw/cache-models';
import type { Goal } from '../figures/goal.ts';
import type { Measurement, Role } from '../figures/measurement.ts';

/** One way to do the work of a scenario. */
export interface Contender {
  /** Goals and tables use it; unique in its scenario. */
  readonly name: string;
  readonly role: Role;
  /**
   * One operation, the `i`-th of this contender since the start: `i` counts on from round to round. Write each one as a
   * function literal of its own: functions made at one place share what V8 learns of their calls, and slow each other.
   */
  readonly run: (i: number) => unknown;
  /** True when `run` gives a promise: the loop then awaits each one before the next. Default false. */
  readonly async?: boolean;
  /** Items that one `run` handles: the figure is the time per item. Default 1. */
  readonly items?: number;
  /** Most runs in a round, for work that uses something up. Default: as many as fill the round. */
  readonly maxRuns?: number;
  /** Before and after each round, outside the time: `runs` operations follow, from the `from`-th on. */
  readonly before?: (runs: number, from: number) => MaybePromise<unknown>;
  readonly after?: (runs: number, from: number) => MaybePromise<unknown>;
  /** Data read back from the contender: must equal the scenario's `expected`, or the scenario is wrong. */
  readonly answer?: () => MaybePromise<unknown>;
}

/** What the set-up of a scenario gives. */
export interface Contest {
  readonly contenders: readonly Contender[];
  /** What every `answer` must give, before the first round and after the last. */
  readonly expected?: unknown;
  /** Whether every single operation must find something, or nothing (`undefined` or `null`). Default: not looked at. */
  readonly finds?: 'value' | 'nothing';
}

export interface ScenarioContext {
  /** True for the short run: smaller data, shorter rounds. */
  readonly quick: boolean;
  /** An empty folder on the disk, removed afterwards. */
  readonly directory: string;
  /** Runs when the scenario is over, the last one first. */
  readonly onFinish: (cleanup: () => MaybePromise<unknown>) => void;
}

interface ScenarioBase {
  /** Kebab-case, unique; begins with its group, such as `memory-`. */
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly about: string;
  readonly goals: readonly Goal[];
  /**
   * For figures called `name, column`: what the columns are, such as `entries`. The report then shows a table of names and
   * columns, and a plot.
   */
  readonly columns?: string;
  /** Why the figures are what they are: shown below them. */
  readonly why?: string;
  /** Only in `--all`, or by name: too long whatever the size. Default false. */
  readonly fullOnly?: boolean;
  /** As `fullOnly`, but in `--quick` too, where it is small: it fills stores with up to a million entries. Default false. */
  readonly isLarge?: boolean;
}

/** Contenders that take turns in rounds; each figure is a time per item, in nanoseconds. */
export interface TimedScenario extends ScenarioBase {
  readonly setUp: (context: ScenarioContext) => MaybePromise<Contest>;
}

/** A scenario that measures by itself. Throws when a contender gives wrong data. */
export interface MeasuredScenario extends ScenarioBase {
  readonly measure: (context: ScenarioContext) => MaybePromise<readonly Measurement[]>;
}

export type Scenario = TimedScenario | MeasuredScenario;
