import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MaybePromise } from '@pw/cache-models';
import { type Figure, toFigure } from '../figures/figure.ts';
import type { GoalResult } from '../figures/goal.ts';
import { type RunPlan, runContest } from './contest.ts';
import { profileContender } from './profile.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** A warning is shown if the interquartile range exceeds this share of the median. */
const WIDE_SPREAD = 0.25;

const FULL_PLAN: RunPlan = { rounds: 11, roundMs: 40, warmUpMs: 150 };
const QUICK_PLAN: RunPlan = { rounds: 7, roundMs: 4, warmUpMs: 20 };

/** The result of a scenario. */
export interface ScenarioResult {
  readonly name: string;
  readonly about: string;
  /** As in the scenario. */
  readonly columns?: string;
  readonly why?: string;
  readonly figures: readonly Figure[];
  readonly goals: readonly GoalResult[];
  readonly warnings: readonly string[];
  /** Why the scenario is wrong: bad data or an error. Absent if it is right. */
  readonly error?: string;
  readonly seconds: number;
}

/** Runs one scenario in this process. Never throws: errors are part of the result. */
export async function runScenario(scenario: Scenario, quick: boolean): Promise<ScenarioResult> {
  const { name, about, columns, why } = scenario;
  const described = {
    name,
    about,
    ...(columns === undefined ? {} : { columns }),
    ...(why === undefined ? {} : { why }),
  };
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1e3;
  try {
    const figures = await figuresOf(scenario, quick);
    const goals = scenario.goals.map((goal) => goal.judge(figures));
    return { ...described, figures, goals, warnings: figures.flatMap(spreadWarning), seconds: seconds() };
  } catch (error) {
    // The stack goes to the console only: the report is published, and must not contain paths of this machine.
    console.error(error);
    const text = error instanceof Error ? error.message : String(error);
    return { ...described, figures: [], goals: [], warnings: [], error: text, seconds: seconds() };
  }
}

async function figuresOf(scenario: Scenario, quick: boolean): Promise<Figure[]> {
  const plan = quick ? QUICK_PLAN : FULL_PLAN;
  return inContext(quick, async (context) => {
    if ('measure' in scenario) return (await scenario.measure(context)).map(toFigure);
    const contest = await scenario.setUp(context);
    globalThis.gc?.();
    return (await runContest(contest, plan)).map(toFigure);
  });
}

/** The profiles of our contenders in a scenario, as text. */
export async function profileScenario(scenario: Scenario): Promise<string> {
  if ('measure' in scenario) return `${scenario.name} takes its own measurements, so there is no contender to profile.`;
  return inContext(false, async (context) => {
    const { contenders } = await scenario.setUp(context);
    const texts: string[] = [];
    for (const contender of contenders) if (contender.role === 'ours') texts.push(await profileContender(contender));
    return texts.join('\n\n');
  });
}

/** Runs the work with an empty folder, and cleans up afterwards. */
async function inContext<T>(quick: boolean, work: (context: ScenarioContext) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(process.env['PW_BENCH_DIR'] ?? tmpdir(), 'pw-bench-'));
  const cleanups: (() => MaybePromise<unknown>)[] = [];
  try {
    return await work({ quick, directory, onFinish: (cleanup) => void cleanups.unshift(cleanup) });
  } finally {
    for (const cleanup of cleanups) await cleanup();
    await rm(directory, { recursive: true, force: true });
  }
}

function spreadWarning({ name, spread }: Figure): string[] {
  if (!(spread > WIDE_SPREAD)) return [];
  return [`${name}: the middle half of the rounds spreads over ${Math.round(spread * 100)} % of the median`];
}
