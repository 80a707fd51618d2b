import { CacheConfigError, checkHealthSchedule, type FieldProblem } from '@pw/cache-models';
import { problemsOfThresholds } from './health-thresholds.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import { ON_TIER_ERROR } from './tier-errors.ts';

/** The longest time that a timer of Node.js can wait, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Checks the numbers among the options before anything is opened. Throws a CacheConfigError that lists all problems. */
export function checkOptions(options: CacheManagerOptions): void {
  const problems: FieldProblem[] = [];
  const check = (path: keyof CacheManagerOptions, isRight: (value: number) => boolean, message: string): void => {
    const value = options[path];
    if (value !== undefined && !(typeof value === 'number' && isRight(value))) problems.push({ path, message });
  };
  const isWhole = (value: number) => Number.isSafeInteger(value) && value >= 1;
  check(
    'tierTimeoutMs',
    (value) => value >= 1 && value <= LONGEST_TIMER,
    'must be a number of milliseconds from 1 to 2147483647',
  );
  check(
    'cleanupIntervalSeconds',
    (value) => value > 0 && value * 1e3 <= LONGEST_TIMER,
    'must be a number of seconds above 0 and below 25 days',
  );
  check(
    'loadLeaseMs',
    (value) => value >= 100 && value <= LONGEST_TIMER,
    'must be a number of milliseconds from 100 to 2147483647',
  );
  check(
    'statisticsInterval',
    (value) => value > 0 && value * 1e3 <= LONGEST_TIMER,
    'must be a number of seconds above 0 and below 25 days',
  );
  if (options.onTierError !== undefined && !ON_TIER_ERROR.includes(options.onTierError))
    problems.push({ path: 'onTierError', message: 'must be "degrade" or "throw"' });
  const share = options.ttlJitter?.share ?? 0;
  if (!(typeof share === 'number' && share >= 0 && share <= 1))
    problems.push({ path: 'ttlJitter.share', message: 'must be a number from 0 to 1' });
  for (const [i, given] of options.tiers.entries()) {
    const most = 'maxTtlSeconds' in given ? given.maxTtlSeconds : undefined;
    if (most !== undefined && !(typeof most === 'number' && most > 0))
      problems.push({ path: `tiers[${i}].maxTtlSeconds`, message: 'must be a number of seconds above 0' });
  }
  check('failureThreshold', isWhole, 'must be a whole number of 1 or more');
  check('defaultTtlSeconds', isWhole, 'must be a whole number of 1 or more');
  problems.push(...problemsOfThresholds(options.healthThresholds ?? {}));
  checkHealthSchedule(options.healthSchedule ?? {}, 'cache manager');
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CacheConfigError(`cache manager: ${list}`, { problems });
}
