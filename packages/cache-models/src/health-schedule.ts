import { CacheConfigError } from './cache-error.ts';

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

/** Throws a CacheConfigError in the name of `tier` for a wrong schedule. */
export function checkHealthSchedule(schedule: HealthSchedule, tier: string): void {
  const { intervalMs = 1, maxIntervalMs = 1, jitter = 0, random } = schedule;
  const isTime = (value: number): boolean => Number.isFinite(value) && value > 0;
  const isRandom = random === undefined || typeof random === 'function';
  if (isTime(intervalMs) && isTime(maxIntervalMs) && jitter >= 0 && jitter <= 1 && isRandom) return;
  const message = 'intervals must be above 0 milliseconds, jitter from 0 to 1';
  throw new CacheConfigError(`${tier}: healthSchedule: ${message}`, {
    tier,
    problems: [{ path: 'healthSchedule', message }],
  });
}

/** Milliseconds from a check to the next, after so many failures in a row. */
export function waitAfter(failures: number, schedule: HealthSchedule): number {
  const { intervalMs = 300_000, maxIntervalMs = 21_600_000, jitter = 0.1, random = Math.random } = schedule;
  const wait = Math.min(intervalMs * 2 ** Math.max(0, failures - 1), Math.max(intervalMs, maxIntervalMs));
  return Math.round(wait * (1 + jitter * (2 * random() - 1)));
}
