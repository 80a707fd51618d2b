import { checkArgument, Kinds } from '@pw/cache-models/tier';
import { objectWithFunctions } from '../subject/check-subject.ts';

const RUNNER = objectWithFunctions('a test runner, with the functions', 'describe', 'it');

/** The two functions of a test runner that the kit needs. */
export interface TestRunner {
  describe(name: string, declare: () => void): void;
  it(name: string, run: () => Promise<void>, timeoutMs: number): void;
}

/** Throws a CacheValidationError for a value that is not a test runner, or a name that is not a string. */
export function checkRunner(runner: TestRunner, name: string): void {
  checkArgument('runner', runner, RUNNER);
  checkArgument('name', name, Kinds.string);
}
