import * as fastCheck from 'fast-check';
import { type ConformanceTest, conformanceTests } from '../../src/index.ts';
import type { CheckName, Mutant } from './mutant.ts';

/** What a check that failed says. */
export interface Caught extends CheckName {
  readonly message: string;
}

/** The checks of the kit that a mutant has to pass, with numbers of repetitions that suffice for planted bugs. */
export function testsFor({ name, subject }: Mutant): Promise<ConformanceTest[]> {
  return conformanceTests({
    module: new URL(`./make-mutant.ts?mutant=${name}`, import.meta.url),
    fastCheck,
    execArgv: ['--conditions=@pw/source'],
    runs: 20,
    kills: 3,
    cycles: 300,
    ...subject,
  });
}

/** Runs checks one after the other, and gives those that fail. */
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
