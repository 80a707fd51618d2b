import { describe, it } from 'vitest';
import type { ConformanceSubject } from './subject/conformance-subject.ts';
import { declareTests } from './suite/declare-tests.ts';

/** Declares the conformance tests of a tier with vitest. Await it at the top of a test file. */
export function testTier(name: string, subject: ConformanceSubject): Promise<void> {
  return declareTests({ describe, it }, name, subject);
}
