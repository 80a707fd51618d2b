import type { ConformanceSubject } from '../subject/conformance-subject.ts';
import { conformanceTests } from './conformance-tests.ts';
import { checkRunner, type TestRunner } from './test-runner.ts';

/**
 * Declares the conformance tests of a tier with a runner, one `describe` for each part of the contract. Rejects like
 * {@link conformanceTests}, and with a CacheValidationError for an invalid runner or name.
 */
export async function declareTests(runner: TestRunner, name: string, subject: ConformanceSubject): Promise<void> {
  checkRunner(runner, name);
  const groups = Map.groupBy(await conformanceTests(subject), ({ group }) => group);
  for (const [group, tests] of groups) {
    // Typed as void, but `describe` of node:test returns a promise.
    const declared: unknown = runner.describe(`${name}: ${group}`, () => {
      for (const test of tests) runner.it(test.name, test.run, test.timeoutMs);
    });
    await declared;
  }
}
