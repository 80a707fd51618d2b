import { CacheConfigError, type FieldProblem, type HealthSchedule, type TierOptions } from '@pw/cache-models';
import {
  type ArgumentKind,
  checkArgument,
  checkHealthSchedule,
  DIRECTORY_CHECKS_PROBLEM,
  HEALTH_SCHEDULE,
  isDirectoryChecks,
  Kinds,
  nullable,
  oneOf,
  optional,
  wholeNumber,
} from '@pw/cache-models/tier';
import { HEALTH_RETENTION, retentionProblems } from './health/health-retention.ts';
import type { SqliteCacheTierOptions, SqliteTierOptions } from './sqlite-tier-options.ts';

const MAX_BUSY_TIMEOUT_MS = 60_000;

/**
 * The path of a database, or of its folder. better-sqlite3 would trim white space at the end, and so open a different
 * file from the one that was made private.
 */
export const DATABASE_PATH: ArgumentKind = Object.freeze({
  wanted: 'must be a path: a non-empty string without NUL and without white space at its end',
  isRight: (value: unknown) => Kinds.path.isRight(value) && value === (value as string).trimEnd(),
});

/** Checks of the options that both SQLite tiers add to those of all tiers. */
export const SQLITE_OPTIONS: Readonly<Record<Exclude<keyof SqliteTierOptions, keyof TierOptions>, ArgumentKind>> =
  Object.freeze({
    durability: optional(oneOf(['normal', 'full'])),
    busyTimeoutMs: optional(wholeNumber(0, MAX_BUSY_TIMEOUT_MS)),
    maxBlockMs: nullable({
      wanted: 'must be a number of milliseconds, 1 or more',
      isRight: (value) => Number.isFinite(value) && (value as number) >= 1,
    }),
    whenLocked: optional(oneOf(['block', 'promise'])),
    directoryChecks: optional({ wanted: DIRECTORY_CHECKS_PROBLEM, isRight: isDirectoryChecks }),
  });

/**
 * Checks of the options of `SqliteCacheTier`. Each invalid member of a nested object becomes an option that always
 * fails, so that one error lists all problems.
 */
export function healthOptions(options: SqliteCacheTierOptions): Readonly<Record<string, ArgumentKind>> {
  const { healthSchedule, healthRetention } = (options as Partial<SqliteCacheTierOptions> | undefined) ?? {};
  const problems = [...scheduleProblems(healthSchedule), ...retentionProblems(healthRetention)];
  const wrong = problems.map(({ path, message }) => [path, { wanted: message, isRight: () => false }]);
  return {
    ...SQLITE_OPTIONS,
    path: DATABASE_PATH,
    healthSchedule: optional(HEALTH_SCHEDULE),
    healthRetention: optional(HEALTH_RETENTION),
    ...(Object.fromEntries(wrong) as Record<string, ArgumentKind>),
  };
}

function scheduleProblems(schedule: unknown): readonly FieldProblem[] {
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

/** Throws a CacheValidationError for an invalid batch size. */
export function checkBatchSize(batchSize: unknown): void {
  checkArgument('batchSize', batchSize, BATCH_SIZE);
}
