import type { Arbitrary } from 'fast-check';
import { ConformanceError } from '../contract/conformance-error.ts';
import { show } from '../contract/show.ts';
import type { Trial } from '../trial/trial.ts';

/** Runs a check on random histories, and reports the shortest failing one that was found. */
export async function tryHistories<T>(
  { subject: { fastCheck } }: Trial,
  histories: Arbitrary<T>,
  runs: number,
  run: (history: T) => Promise<void>,
): Promise<void> {
  const result = await fastCheck.check(
    fastCheck.asyncProperty(histories, (history) => run(history)),
    { numRuns: runs, endOnFailure: false },
  );
  if (!result.failed) return;
  const error: unknown = result.errorInstance;
  const history = `history ${show(result.counterexample?.[0])}, seed ${result.seed}, path ${result.counterexamplePath}`;
  if (!(error instanceof ConformanceError)) throw new Error(`the check threw in ${history}`, { cause: error });
  const what = `${error.message.split('\n', 1)[0]}; ${history}`;
  throw new ConformanceError({
    what,
    expected: error.expected,
    received: error.actual,
    rule: error.rule,
    cause: error,
  });
}
