export { ConformanceError } from './conformance-error.ts';
export type { ConformanceSubject } from './conformance-subject.ts';
export type { ConformanceTest } from './conformance-test.ts';
export { conformanceTests } from './conformance-tests.ts';
export type { ContractRule } from './contract-rules.ts';
export { CONTRACT_RULES } from './contract-rules.ts';
export type { TestRunner } from './declare-tests.ts';
export { declareTests } from './declare-tests.ts';
export type { TierModule, TierSetup } from './tier-module.ts';
