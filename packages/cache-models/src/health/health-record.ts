import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { unknownMembers } from '../arguments/unknown-members.ts';
import { Problems } from '../errors/problems.ts';
import { MIN_INSTANT } from '../time/instant.ts';
import type { InstantInput } from '../time/to-instant.ts';
import { toInstant } from '../time/to-instant.ts';
import type { HealthStatus } from './health-status.ts';

/** One check of the past. */
export interface HealthRecord {
  /** Epoch milliseconds. */
  readonly checkTime: number;
  readonly status: HealthStatus;
  readonly responseTimeMs: number | null;
  readonly errorMessage: string | null;
  readonly checkUrl: string;
}

/** Which checks of a key to give: the newest ones. */
export interface HealthHistoryOptions {
  /** Only checks from this time on. */
  readonly since?: InstantInput | undefined;
  /** Most checks: 1 to 10000, default 100. */
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/** Checks and completes the options of a history. Throws a CacheValidationError that lists every wrong member. */
export function parseHealthHistoryOptions(options: HealthHistoryOptions = {}): { since: number; limit: number } {
  checkArgument('options', options, Kinds.object);
  const { since = MIN_INSTANT, limit = DEFAULT_LIMIT } = options;
  const from = toInstant(since);
  const problems = new Problems();
  for (const { path, message } of unknownMembers(options, ['since', 'limit'])) problems.check(false, path, message);
  problems.check(from !== undefined, 'since', 'must be a time');
  const isLimit = Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT;
  problems.check(isLimit, 'limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  problems.throwIfAny('health history');
  return { since: from!, limit };
}
