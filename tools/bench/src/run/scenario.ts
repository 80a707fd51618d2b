import type { MaybePromise } from '@pw/cache-models';
import type { Goal } from '../figures/goal.ts';
import type { Measurement, Role } from '../figures/measurement.ts';

/** One implementation of the work of a scenario. */
export interface Contender {
  /** Used in goals and tables; unique within its scenario. */
  readonly name: string;
  readonly role: Role;
  /**
   * One operation, the `i`-th of this contender since the start: `i` continues from round to round. Write each one as a
   * separate function literal: closures from one literal share V8's type feedback and slow each other down.
   */
  readonly run: (i: number) => unknown;
  /** True if `run` returns a promise: the loop awaits each one before the next. Default false. */
  readonly async?: boolean;
  /** Items that one `run` handles: the figure is the time per item. Default 1. */
  readonly items?: number;
  /** Maximum number of runs in a round, for work that consumes its data. Default: as many as fill the round. */
  readonly maxRuns?: number;
  /** Called before and after each round, outside the measured time, for `runs` operations from the `from`-th on. */
  readonly before?: (runs: number, from: number) => MaybePromise<unknown>;
  readonly after?: (runs: number, from: number) => MaybePromise<unknown>;
  /** Reads data back from the contender. If it differs from the scenario's `expected`, the scenario is wrong. */
  readonly answer?: () => MaybePromise<unknown>;
}

/** The result of a scenario's set-up. */
export interface Contest {
  readonly contenders: readonly Contender[];
  /** The value that every `answer` must return, before the first round and after the last. */
  readonly expected?: unknown;
  /** Whether every operation must return a value, or nothing (`undefined` or `null`). Default: not checked. */
  readonly finds?: 'value' | 'nothing';
}

export interface ScenarioContext {
  /** True for the short run, with smaller data and shorter rounds. */
  readonly quick: boolean;
  /** An empty folder on disk, removed afterwards. */
  readonly directory: string;
  /** Registers a clean-up for the end of the scenario; the last one runs first. */
  readonly onFinish: (cleanup: () => MaybePromise<unknown>) => void;
}

interface ScenarioBase {
  /** Kebab-case, unique; starts with its group, such as `memory-`. */
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly about: string;
  readonly goals: readonly Goal[];
  /**
   * For figures named `name, column`: the meaning of the columns, such as `entries`. The report then shows a table and
   * a plot of names by columns.
   */
  readonly columns?: string;
  /** An explanation of the figures, shown below them. */
  readonly why?: string;
  /** Runs only with `--all` or by name, because it takes long at any size. Default false. */
  readonly fullOnly?: boolean;
  /**
   * Like `fullOnly`, because it fills stores with up to a million entries, but also runs, smaller, with `--quick`.
   * Default false.
   */
  readonly isLarge?: boolean;
}

/** A scenario whose contenders take turns in rounds; each figure is a time per item, in nanoseconds. */
export interface TimedScenario extends ScenarioBase {
  readonly setUp: (context: ScenarioContext) => MaybePromise<Contest>;
}

/** A scenario that takes its own measurements. `measure` throws if a contender returns wrong data. */
export interface MeasuredScenario extends ScenarioBase {
  readonly measure: (context: ScenarioContext) => MaybePromise<readonly Measurement[]>;
}

export type Scenario = TimedScenario | MeasuredScenario;
