import { type ArgumentKind, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { checkOptionsObject } from '../arguments/check-options.ts';
import { MIN_INSTANT } from '../time/instant.ts';
import type { InstantInput } from '../time/to-instant.ts';
import { toInstant } from '../time/to-instant.ts';
import type { HealthStatus } from './health-status.ts';

/** One check in the history of an entry. */
export interface HealthRecord {
  /** Epoch milliseconds. */
  readonly checkTime: number;
  readonly status: HealthStatus;
  readonly responseTimeMs: number | null;
  readonly errorMessage: string | null;
  readonly checkUrl: string;
}

/** Which checks of a key to return, newest first. */
export interface HealthHistoryOptions {
  /**
   * Only checks at or after this time.
   *
   * @default all
   */
  readonly since?: InstantInput | undefined;
  /**
   * Maximum number of checks, 1 to 10000.
   *
   * @default 100
   */
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
const OPTIONS: Readonly<Record<keyof HealthHistoryOptions, ArgumentKind>> = Object.freeze({
  limit: optional(wholeNumber(1, MAX_LIMIT)),
  since: optional({
    wanted: 'must be a time',
    isRight: (value: unknown) => toInstant(value as InstantInput) !== undefined,
  }),
});

/**
 * Validates the options of a history and fills in the defaults; `since` becomes epoch milliseconds. Throws a
 * CacheValidationError that lists every wrong member.
 */
export function parseHealthHistoryOptions(options: HealthHistoryOptions = {}): { since: number; limit: number } {
  checkOptionsObject(options, OPTIONS, { what: 'health history' });
  const { since = MIN_INSTANT, limit = DEFAULT_LIMIT } = options;
  return { since: toInstant(since)!, limit };
}
