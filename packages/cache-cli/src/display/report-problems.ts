import type { WarmProblem } from '@pw/cache-manager';
import type { CliContext } from '../cli-context.ts';
import { describeCodes } from '../errors/error-text.ts';
import { plural, printable } from './format.ts';

interface Problems {
  readonly problems: readonly WarmProblem[];
  readonly problemCount: number;
}

const SHOWN_PROBLEMS = 5;

/** The result with a description of each system error code in its reasons. */
export function withReasonsDescribed<T extends Problems>(result: T): T {
  return {
    ...result,
    problems: result.problems.map((problem) => ({ ...problem, reason: describeCodes(problem.reason) })),
  };
}

/** Writes the first problems of a file, one per line, and the number of the others. */
export async function reportProblems(
  { err }: CliContext,
  file: string,
  { problems, problemCount }: Problems,
): Promise<void> {
  for (const { line, reason } of problems.slice(0, SHOWN_PROBLEMS))
    await err.line(`${file}${line > 0 ? `:${line}` : ''}: ${printable(reason)}`);
  const more = problemCount - Math.min(problems.length, SHOWN_PROBLEMS);
  if (more > 0) await err.line(`${file}: and ${plural(more, 'more problem')}`);
}
