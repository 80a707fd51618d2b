import { type ArgumentKind, Kinds, optional } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { problemsOfOptions } from '../arguments/check-options.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { Problems } from '../errors/problems.ts';
import { ignoreRejection } from '../ignore-rejection.ts';

/** When an entry is to be checked next. Times in milliseconds. */
export interface HealthSchedule {
  /** After a success, and after the first failure. Default 300000 (5 minutes). */
  readonly intervalMs?: number | undefined;
  /** Each further failure in a row doubles the wait, up to this. Default 21600000 (6 hours). */
  readonly maxIntervalMs?: number | undefined;
  /** Share of the wait, 0 to 1, by which it is shortened or lengthened at random, so that checks do not come all at once. Default 0.1. */
  readonly jitter?: number | undefined;
  /** Gives numbers from 0 (included) to 1 (not included). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const isTime = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;
const isShare = (value: unknown): boolean =>
  Kinds.number.isRight(value) && (value as number) >= 0 && (value as number) <= 1;
const LUCK: ArgumentKind = Object.freeze({ wanted: 'must give a number from 0 to 1', isRight: isShare });
const TIME: ArgumentKind = Object.freeze({ wanted: 'must be a number of milliseconds above 0', isRight: isTime });
const MEMBERS: Readonly<Record<keyof HealthSchedule, ArgumentKind>> = Object.freeze({
  intervalMs: optional(TIME),
  maxIntervalMs: optional(TIME),
  jitter: optional(Object.freeze({ wanted: 'must be a number from 0 to 1', isRight: isShare })),
  random: optional(Kinds.function),
});

/** A schedule with nothing wrong in it. */
export const SCHEDULE: ArgumentKind = Object.freeze({
  wanted: 'must be a health schedule: { intervalMs, maxIntervalMs, jitter, random }',
  isRight: (value: unknown) => problemsOfOptions(value, MEMBERS).length === 0,
});

/** Throws a CacheConfigError in the name of `tier` for a wrong schedule. */
export function checkHealthSchedule(schedule: HealthSchedule, tier: string): void {
  checkArgument('tier', tier, Kinds.text, CacheConfigError);
  const found = problemsOfOptions(schedule, MEMBERS, 'schedule');
  const problems = found.map(({ path, message }) => ({
    path: path === 'schedule' ? 'healthSchedule' : `healthSchedule.${path}`,
    message,
  }));
  new Problems(problems).throwIfAny(tier, { error: CacheConfigError, tier });
}

/** Milliseconds from a check to the next, after so many failures in a row. Throws a CacheValidationError for a `random` that gives something else than a share. */
export function waitAfter(failures: number, schedule: HealthSchedule): number {
  const { intervalMs = 300_000, maxIntervalMs = 21_600_000, jitter = 0.1, random = Math.random } = schedule;
  const wait = Math.min(intervalMs * 2 ** Math.max(0, failures - 1), Math.max(intervalMs, maxIntervalMs));
  const luck: unknown = random();
  // A promise is refused below like any other value that is not a number, and then nobody handles its rejection.
  ignoreRejection(luck);
  // A NaN would be the time of the next check.
  checkArgument('random()', luck, LUCK);
  return Math.round(wait * (1 + jitter * (2 * (luck as number) - 1)));
}
