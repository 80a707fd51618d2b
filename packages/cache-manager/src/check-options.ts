import { CacheConfigError, checkHealthSchedule, type FieldProblem } from '@pw/cache-models';
import { problemsOfThresholds } from './health-thresholds.ts';
import { LONGEST_TIMER } from './longest-timer.ts';
import type { CacheManagerOptions } from './manager-options.ts';
import { ON_TIER_ERROR } from './tier-errors.ts';
import type { TtlJitter } from './ttl-jitter.ts';

/** Checks the options before anything is opened. Throws a CacheConfigError that lists all problems. */
export function checkOptions(options: CacheManagerOptions): void {
  const problems = problemsOfTiers(options);
  if (problems.length > 0) throw wrong(problems);
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
  if (options.ttlJitter !== undefined && !isShare((options.ttlJitter as TtlJitter | null)?.share))
    problems.push({ path: 'ttlJitter.share', message: 'must be a number from 0 to 1' });
  check('failureThreshold', isWhole, 'must be a whole number of 1 or more');
  check('defaultTtlSeconds', isWhole, 'must be a whole number of 1 or more');
  for (const [source, ttl] of Object.entries(options.perSourceTtl ?? {}))
    if (!isWhole(ttl))
      problems.push({ path: `perSourceTtl.${source}`, message: 'must be a whole number of 1 or more' });
  problems.push(...problemsOfThresholds(options.healthThresholds ?? {}));
  checkHealthSchedule(options.healthSchedule ?? {}, 'cache manager');
  if (problems.length > 0) throw wrong(problems);
}

function problemsOfTiers(options: unknown): FieldProblem[] {
  const { tiers, required } = (options ?? {}) as { readonly tiers?: unknown; readonly required?: unknown };
  if (!Array.isArray(tiers)) return [{ path: 'tiers', message: 'must be a list of tiers and factories' }];
  const problems = tiers.flatMap((tier, i) => problemsOfTier(tier, `tiers[${i}]`));
  const isList =
    required === undefined || (Array.isArray(required) && required.every((name) => typeof name === 'string'));
  return isList ? problems : [...problems, { path: 'required', message: 'must be a list of names' }];
}

function problemsOfTier(given: unknown, path: string): FieldProblem[] {
  if (typeof given === 'function') return [];
  if (typeof given !== 'object' || given === null)
    return [{ path, message: 'must be a tier, a factory, or { name, tier }' }];
  if (!('tier' in given)) return [];
  const { name, maxTtlSeconds: most } = given as { readonly name?: unknown; readonly maxTtlSeconds?: unknown };
  const problems: FieldProblem[] = [];
  if (typeof name !== 'string' || name === '') problems.push({ path: `${path}.name`, message: 'must be a text' });
  if (most !== undefined && !(typeof most === 'number' && most > 0))
    problems.push({ path: `${path}.maxTtlSeconds`, message: 'must be a number of seconds above 0' });
  return problems;
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function wrong(problems: readonly FieldProblem[]): CacheConfigError {
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new CacheConfigError(`cache manager: ${list}`, { problems });
}
