import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { objectWith, problemsOfOptions } from '../arguments/check-options.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { Problems } from '../errors/problems.ts';
import { ignoreRejection } from '../ignore-rejection.ts';

/** When an entry is checked next. Times are in milliseconds. */
export interface HealthSchedule {
  /**
   * Wait after a success and after the first failure, in milliseconds, above 0.
   *
   * @default 300000 (5 minutes)
   */
  readonly intervalMs?: number | undefined;
  /**
   * Each further consecutive failure doubles the wait, up to this maximum in milliseconds, above 0.
   *
   * @default 21600000 (6 hours)
   */
  readonly maxIntervalMs?: number | undefined;
  /**
   * Maximum random change of the wait in either direction, as a fraction from 0 to 1, so that checks spread out.
   *
   * @default 0.1
   */
  readonly jitter?: number | undefined;
  /**
   * Returns random numbers from 0 (inclusive) to 1 (exclusive).
   *
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

const isTime = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;
const isFraction = (value: unknown): boolean =>
  Kinds.number.isRight(value) && (value as number) >= 0 && (value as number) <= 1;
const RANDOM: ArgumentKind = Object.freeze({ wanted: 'must return a number from 0 to 1', isRight: isFraction });
const TIME: ArgumentKind = Object.freeze({ wanted: 'must be a number of milliseconds above 0', isRight: isTime });
const MEMBERS: Readonly<Record<keyof HealthSchedule, ArgumentKind>> = Object.freeze({
  intervalMs: optional(TIME),
  maxIntervalMs: optional(TIME),
  jitter: optional(Object.freeze({ wanted: 'must be a number from 0 to 1', isRight: isFraction })),
  random: optional(Kinds.function),
});

/** An object that may be a schedule: its members are checked by {@link checkHealthSchedule}. */
export const HEALTH_SCHEDULE: ArgumentKind = objectWith(MEMBERS);

/** The kind of a valid schedule. */
export const SCHEDULE: ArgumentKind = Object.freeze({
  wanted: 'must be a health schedule: { intervalMs, maxIntervalMs, jitter, random }',
  isRight: (value: unknown) => problemsOfOptions(value, MEMBERS).length === 0,
});

/** Throws a CacheConfigError that names `tier` and every wrong member of a schedule. */
export function checkHealthSchedule(schedule: HealthSchedule, tier: string): void {
  checkArgument('tier', tier, Kinds.string, CacheConfigError);
  const found = problemsOfOptions(schedule, MEMBERS, 'schedule');
  const problems = found.map(({ path, message }) => ({
    path: path === 'schedule' ? 'healthSchedule' : `healthSchedule.${path}`,
    message,
  }));
  new Problems(problems).throwIfAny(tier, { error: CacheConfigError, tier });
}

/**
 * Milliseconds from a check to the next, after a number of consecutive failures. Throws a CacheValidationError if
 * `random` returns anything other than a number from 0 to 1.
 */
export function waitAfter(failures: number, schedule: HealthSchedule): number {
  const { intervalMs = 300_000, maxIntervalMs = 21_600_000, jitter = 0.1, random = Math.random } = schedule;
  const wait = Math.min(intervalMs * 2 ** Math.max(0, failures - 1), Math.max(intervalMs, maxIntervalMs));
  const randomValue: unknown = random();
  // A promise is refused below, like any other value that is not a number; its rejection must not stay unhandled.
  ignoreRejection(randomValue);
  // A NaN would become the time of the next check.
  checkArgument('random()', randomValue, RANDOM);
  return Math.round(wait * (1 + jitter * (2 * (randomValue as number) - 1)));
}
