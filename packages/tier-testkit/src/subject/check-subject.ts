import { type CacheTier, CacheValidationError } from '@pw/cache-models';
import { type ArgumentKind, checkOptionsObject, Kinds, optional, wholeNumber } from '@pw/cache-models/tier';
import type { ConformanceSubject } from './conformance-subject.ts';
import type { TierModule } from './tier-module.ts';

const COUNT = optional(wholeNumber(1));
const SUBJECT: Readonly<Record<keyof ConformanceSubject, ArgumentKind>> = Object.freeze({
  module: Object.freeze({
    wanted: 'must be a URL, such as new URL("./make-tier.ts", import.meta.url)',
    isRight: (value: unknown) => value instanceof URL,
  }),
  fastCheck: objectWithFunctions('the module fast-check, with the functions', 'check', 'asyncProperty'),
  execArgv: optional(Kinds.strings),
  deadlineMs: optional(Kinds.milliseconds),
  runs: COUNT,
  cycles: COUNT,
  kills: COUNT,
});

/** Throws a CacheValidationError that lists everything wrong with a subject. */
export function checkSubject(subject: ConformanceSubject): void {
  checkOptionsObject(subject, SUBJECT, { what: 'conformance tests', name: 'subject' });
}

/** Throws a CacheValidationError for a module without `createTier`. */
export function checkModule(module: TierModule): void {
  if (typeof module.createTier !== 'function') throw wrongModule('must export a function createTier');
}

/** Throws a CacheValidationError if `createTier` returned something other than a tier. */
export function checkTier(tier: CacheTier): void {
  const { capabilities } = ((tier as unknown) ?? {}) as { readonly capabilities?: unknown };
  if (!Kinds.object.isRight(capabilities))
    throw wrongModule('must return a tier from createTier, with an object as its capabilities');
}

/** An argument that must be an object with these functions. */
export function objectWithFunctions(what: string, ...names: readonly string[]): ArgumentKind {
  return Object.freeze({
    wanted: `must be ${what} ${names.join(' and ')}`,
    isRight: (value: unknown) =>
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function'),
  });
}

function wrongModule(message: string): CacheValidationError {
  const problem = { path: 'module', message };
  return new CacheValidationError(`conformance tests: module: ${message}`, { problems: [problem] });
}
