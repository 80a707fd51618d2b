import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { unknownMembers } from '../arguments/unknown-members.ts';
import { Problems } from '../errors/problems.ts';
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
  /** Only checks at or after this time. Default: all. */
  readonly since?: InstantInput | undefined;
  /** Maximum number of checks, 1 to 10000. Default 100. */
  readonly limit?: number | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/**
 * Validates the options of a history and fills in the defaults; `since` becomes epoch milliseconds. Throws a
 * CacheValidationError that lists every wrong member.
 */
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
