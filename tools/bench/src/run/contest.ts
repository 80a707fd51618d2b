import { isDeepStrictEqual } from 'node:util';
import type { Measurement } from '../figures/measurement.ts';
import { seededRandom, shuffled } from '../samples/random.ts';
import { type Loop, makeLoop } from './loop.ts';
import type { Contender, Contest } from './scenario.ts';

/** How long and how often the contenders run. */
export interface RunPlan {
  readonly rounds: number;
  /** Time of one contender in one round, in milliseconds. */
  readonly roundMs: number;
  /** Time before the first round, for the compiler, in milliseconds. */
  readonly warmUpMs: number;
}

interface Runner {
  readonly contender: Contender;
  readonly loop: Loop;
  readonly samples: number[];
  runs: number;
  next: number;
}

/** A contender returned wrong data. */
export class WrongAnswerError extends Error {
  override name = 'WrongAnswerError';
}

/** Runs the contenders in turn, in a different order each round. Throws a WrongAnswerError. */
export async function runContest(contest: Contest, plan: RunPlan): Promise<Measurement[]> {
  const runners = contest.contenders.map(
    (contender): Runner => ({
      contender,
      loop: makeLoop(contender.async ?? false, contender.name),
      samples: [],
      runs: 1,
      next: 0,
    }),
  );
  await checkAnswers(contest, 'before the first round');
  for (const runner of runners) await calibrate(runner, contest, plan);
  const random = seededRandom(plan.rounds);
  for (let round = 0; round < plan.rounds; round++) {
    for (const runner of shuffled(runners, random)) {
      const elapsed = await oneRound(runner, contest);
      runner.samples.push(elapsed / (runner.runs * (runner.contender.items ?? 1)));
    }
  }
  await checkAnswers(contest, 'after the last round');
  return runners.map(({ contender: { name, role }, samples }) => ({ name, role, unit: 'ns', samples }));
}

/** Doubles the runs of a round until they fill it and the warm-up time is over. */
async function calibrate(runner: Runner, contest: Contest, { roundMs, warmUpMs }: RunPlan): Promise<void> {
  const most = runner.contender.maxRuns ?? Number.MAX_SAFE_INTEGER;
  const started = performance.now();
  for (;;) {
    const elapsedMs = (await oneRound(runner, contest)) / 1e6;
    const warm = performance.now() - started >= warmUpMs;
    if (elapsedMs < roundMs / 4 && runner.runs < most) runner.runs = Math.min(most, runner.runs * 2);
    else if (warm) {
      runner.runs = Math.max(1, Math.min(most, Math.round((runner.runs * roundMs) / elapsedMs)));
      return;
    }
  }
}

/** The time of one turn of one contender, in nanoseconds. */
async function oneRound(runner: Runner, contest: Contest): Promise<number> {
  const { contender, loop, runs, next } = runner;
  await contender.before?.(runs, next);
  // Garbage of the other contenders must not be collected during this turn.
  globalThis.gc?.({ type: 'minor' });
  const started = process.hrtime.bigint();
  const counted = loop(contender.run, next, next + runs);
  const found = typeof counted === 'number' ? counted : await counted;
  const elapsed = Number(process.hrtime.bigint() - started);
  runner.next += runs;
  await contender.after?.(runs, next);
  const { finds } = contest;
  if (finds === undefined || found === (finds === 'value' ? runs : 0)) return elapsed;
  throw new WrongAnswerError(`${contender.name}: ${found} of ${runs} operations returned a value, expected ${finds}`);
}

async function checkAnswers({ contenders, expected }: Contest, when: string): Promise<void> {
  for (const { name, answer } of contenders) {
    if (answer === undefined) continue;
    const given = await answer();
    if (!isDeepStrictEqual(given, expected)) {
      throw new WrongAnswerError(`${name} returned wrong data ${when}: ${show(given)}, expected ${show(expected)}`);
    }
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
