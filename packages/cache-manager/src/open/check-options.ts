import { CacheConfigError, type FieldProblem } from '@pw/cache-models';
import {
  type ArgumentKind,
  checkHealthSchedule,
  checkHealthThresholds,
  HEALTH_SCHEDULE,
  HEALTH_THRESHOLDS,
  Kinds,
  nullable,
  objectWith,
  oneOf,
  optional,
  Problems,
  problemsOfOptions,
  wholeNumber,
} from '@pw/cache-models/tier';
import { INTERVAL } from '../maintenance/ttl-manager.ts';
import type { CacheManagerOptions, NamedTier } from '../manager-options.ts';
import { LONGEST_TIMER } from '../scheduling/longest-timer.ts';
import { ON_DOUBT } from '../stack/doubt-policy.ts';
import { ON_TIER_ERROR } from '../stack/tier-error-policy.ts';
import type { TtlJitter } from '../stack/ttl-jitter.ts';

const WHOLE = wholeNumber(1);

const JITTER: Readonly<Record<keyof TtlJitter, ArgumentKind>> = Object.freeze({
  share: Object.freeze({
    wanted: 'must be a number from 0 to 1',
    isRight: (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1,
  }),
  random: optional(Kinds.function),
});

/** The options that `openCache` passes on. */
export const SHARED_OPTIONS = Object.freeze({
  clock: optional(Kinds.clock),
  logger: optional(Kinds.logger),
  required: optional({ wanted: 'must be a list of names', isRight: Kinds.strings.isRight }),
  tierTimeoutMs: optional(Kinds.milliseconds),
  loadLeaseMs: optional({
    wanted: `must be a number of milliseconds from 100 to ${LONGEST_TIMER}`,
    isRight: (value) => Kinds.milliseconds.isRight(value) && (value as number) >= 100,
  }),
  maxStalenessMs: optional({
    wanted: `must be a number of milliseconds from 0 to ${LONGEST_TIMER}`,
    isRight: (value) => value === 0 || Kinds.milliseconds.isRight(value),
  }),
  onDoubt: optional(oneOf(ON_DOUBT)),
  onTierError: optional(oneOf(ON_TIER_ERROR)),
  ttlJitter: optional(objectWith(JITTER)),
  healthThresholds: optional(HEALTH_THRESHOLDS),
  healthSchedule: optional(HEALTH_SCHEDULE),
}) satisfies Partial<Record<keyof CacheManagerOptions, ArgumentKind>>;

const OPTIONS: Readonly<Record<keyof CacheManagerOptions, ArgumentKind>> = Object.freeze({
  ...SHARED_OPTIONS,
  tiers: Object.freeze({ wanted: 'must be a list of tiers and factories', isRight: Kinds.list.isRight }),
  cipher: optional(Kinds.cipher),
  defaultTtlSeconds: optional(WHOLE),
  perSourceTtl: optional({ wanted: 'must be an object of seconds by source', isRight: Kinds.object.isRight }),
  healthCheckInvalidation: optional(Kinds.boolean),
  failureThreshold: optional(WHOLE),
  enableStatistics: optional(Kinds.boolean),
  statisticsInterval: optional(INTERVAL),
  cleanupIntervalSeconds: optional(INTERVAL),
});

const NAMED_TIER: Readonly<Record<keyof NamedTier, ArgumentKind>> = Object.freeze({
  name: Kinds.nonEmptyString,
  tier: Object.freeze({
    wanted: 'must be a tier or a factory',
    isRight: (value: unknown) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  }),
  maxTtlSeconds: nullable(Object.freeze({ wanted: 'must be a number of seconds above 0', isRight: isPositive })),
});

/** Checks the options before anything is opened. Throws a CacheConfigError that lists all problems. */
export function checkOptions(options: CacheManagerOptions): void {
  const problems = [...problemsOfOptions(options, OPTIONS), ...problemsOfShared(options)];
  if (Kinds.object.isRight(options)) {
    const { tiers, perSourceTtl } = options as { readonly tiers?: unknown; readonly perSourceTtl?: unknown };
    // Not `flatMap`, which skips holes.
    if (Array.isArray(tiers)) problems.push(...Array.from(tiers, problemsOfTier).flat());
    if (Kinds.object.isRight(perSourceTtl)) problems.push(...problemsOfTtls(perSourceTtl as object));
  }
  new Problems(problems).throwIfAny('cache manager', { error: CacheConfigError });
}

/** Problems in the nested members of the options that `openCache` passes on. */
export function problemsOfShared(options: unknown): FieldProblem[] {
  if (!Kinds.object.isRight(options)) return [];
  const { ttlJitter, healthThresholds, healthSchedule } = options as Readonly<Record<string, unknown>>;
  return [
    ...problemsWithin('ttlJitter', ttlJitter, JITTER),
    ...problemsFrom(checkHealthThresholds, healthThresholds),
    ...problemsFrom(checkHealthSchedule, healthSchedule),
  ];
}

function problemsWithin(
  name: string,
  value: unknown,
  members: Readonly<Record<string, ArgumentKind>>,
): readonly FieldProblem[] {
  if (!Kinds.object.isRight(value)) return [];
  return problemsOfOptions(value, members).map(({ path, message }) => ({ path: `${name}.${path}`, message }));
}

/** The problems that a check of an object finds; none for a value that is not an object. */
function problemsFrom<T extends object>(
  check: (value: T, owner: string) => void,
  value: unknown,
): readonly FieldProblem[] {
  if (!Kinds.object.isRight(value)) return [];
  try {
    check(value as T, 'cache manager');
    return [];
  } catch (error) {
    if (error instanceof CacheConfigError) return error.problems;
    throw error;
  }
}

/** A source may have any name, so a long one is truncated in messages. */
function problemsOfTtls(ttls: object): FieldProblem[] {
  return Object.entries(ttls)
    .filter(([, ttl]) => !WHOLE.isRight(ttl))
    .map(([source]) => ({ path: `perSourceTtl.${source.slice(0, 40)}`, message: WHOLE.wanted }));
}

function problemsOfTier(given: unknown, index: number): readonly FieldProblem[] {
  const path = `tiers[${index}]`;
  if (typeof given === 'function') return [];
  if (typeof given !== 'object' || given === null)
    return [{ path, message: 'must be a tier, a factory, or { name, tier }' }];
  return 'tier' in given ? problemsWithin(path, given, NAMED_TIER) : [];
}

function isPositive(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) > 0;
}
