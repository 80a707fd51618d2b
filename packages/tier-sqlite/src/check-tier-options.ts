import {
  type ArgumentKind,
  CacheConfigError,
  checkArgument,
  checkHealthSchedule,
  DIRECTORY_CHECKS_PROBLEM,
  type FieldProblem,
  type HealthSchedule,
  isDirectoryChecks,
  Kinds,
  oneOf,
  optional,
  type TierOptions,
  wholeNumber,
} from '@pw/cache-models';
import { DATABASE_PATH } from './database/database-path.ts';
import { problemsOfRetention } from './health/health-retention.ts';
import type { SqliteCacheTierOptions } from './sqlite-cache-tier.ts';
import type { SqliteTierOptions } from './sqlite-tier-options.ts';

const MAX_BUSY_TIMEOUT_MS = 60_000;

/** What both SQLite tiers add to the options of all tiers. */
export const SQLITE_OPTIONS: Readonly<Record<Exclude<keyof SqliteTierOptions, keyof TierOptions>, ArgumentKind>> =
  Object.freeze({
    durability: optional(oneOf(['normal', 'full'])),
    busyTimeoutMs: optional(wholeNumber(0, MAX_BUSY_TIMEOUT_MS)),
    maxBlockMs: optional({
      wanted: 'must be a number of 1 or more',
      isRight: (value) => typeof value === 'number' && value >= 1,
    }),
    whenLocked: optional(oneOf(['block', 'promise'])),
    directoryChecks: optional({ wanted: DIRECTORY_CHECKS_PROBLEM, isRight: isDirectoryChecks }),
  });

/**
 * What the third level adds. A wrong member of one of its objects is an option of its own that nothing is right for, so that one error
 * lists all problems.
 */
export function healthOptions(options: SqliteCacheTierOptions): Readonly<Record<string, ArgumentKind>> {
  const { healthSchedule, healthRetention } = (options as Partial<SqliteCacheTierOptions> | undefined) ?? {};
  const problems = [...problemsOfSchedule(healthSchedule), ...problemsOfRetention(healthRetention)];
  const wrong = problems.map(({ path, message }) => [path, { wanted: message, isRight: () => false }]);
  return {
    ...SQLITE_OPTIONS,
    path: DATABASE_PATH,
    healthSchedule: optional(Kinds.object),
    healthRetention: optional(Kinds.object),
    ...(Object.fromEntries(wrong) as Record<string, ArgumentKind>),
  };
}

function problemsOfSchedule(schedule: unknown): readonly FieldProblem[] {
  if (!Kinds.object.isRight(schedule)) return [];
  try {
    checkHealthSchedule(schedule as HealthSchedule, 'SQLite tier');
    return [];
  } catch (error) {
    if (error instanceof CacheConfigError) return error.problems;
    throw error;
  }
}

const BATCH_SIZE = wholeNumber(1);

/** Throws a CacheValidationError unless so many records can be sealed at a time. */
export function checkBatchSize(batchSize: unknown): void {
  checkArgument('batchSize', batchSize, BATCH_SIZE);
}
