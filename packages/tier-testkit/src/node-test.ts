import { describe, it } from 'node:test';
import type { ConformanceSubject } from './subject/conformance-subject.ts';
import { declareTests } from './suite/declare-tests.ts';

/** Declares the conformance tests of a tier with the runner of Node.js. Await it at the top of a test file. */
export function testTier(name: string, subject: ConformanceSubject): Promise<void> {
  const runner = {
    describe: (title: string, declare: () => void): void => void describe(title, declare),
    it: (title: string, run: () => Promise<void>, timeout: number): void => void it(title, { timeout }, run),
  };
  return declareTests(runner, name, subject);
}
