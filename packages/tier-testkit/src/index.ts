export { ConformanceError } from './contract/conformance-error.ts';
export type { ContractRule } from './contract/contract-rules.ts';
export { CONTRACT_RULES } from './contract/contract-rules.ts';
export type { ConformanceSubject } from './subject/conformance-subject.ts';
export type { TierModule, TierSetup } from './subject/tier-module.ts';
export type { ConformanceTest } from './suite/conformance-test.ts';
export { conformanceTests } from './suite/conformance-tests.ts';
export { declareTests } from './suite/declare-tests.ts';
export type { TestRunner } from './suite/test-runner.ts';
