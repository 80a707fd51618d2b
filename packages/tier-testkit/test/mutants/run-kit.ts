import * as fastCheck from 'fast-check';
import { type ConformanceTest, conformanceTests } from '../../src/index.ts';
import type { CheckName, Mutant } from './mutant.ts';

/** A failed check and its message. */
export interface Caught extends CheckName {
  readonly message: string;
}

/** The checks that apply to a mutant, with enough repetitions to catch the planted bugs. */
export function testsFor({ name, subject }: Mutant, execArgv: readonly string[]): Promise<ConformanceTest[]> {
  return conformanceTests({
    module: new URL(`./make-mutant.ts?mutant=${name}`, import.meta.url),
    fastCheck,
    execArgv,
    runs: 20,
    kills: 3,
    cycles: 50,
    ...subject,
  });
}

/** Runs checks one after the other, and returns those that fail. */
export async function failing(tests: readonly ConformanceTest[]): Promise<Caught[]> {
  const caught: Caught[] = [];
  for (const { group, name, run } of tests) {
    try {
      await run();
    } catch (error) {
      caught.push({ group, name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return caught;
}
