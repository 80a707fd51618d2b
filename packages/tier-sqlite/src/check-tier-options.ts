import { CacheConfigError, DIRECTORY_CHECKS_PROBLEM, type FieldProblem, isDirectoryChecks } from '@pw/cache-models';

const MAX_BUSY_TIMEOUT_MS = 60_000;

type CheckedOption = 'durability' | 'busyTimeoutMs' | 'maxBlockMs' | 'whenLocked' | 'directoryChecks';

/** Throws a CacheConfigError that lists every wrong option. */
export function checkTierOptions(tier: string, options: Readonly<Record<CheckedOption, unknown>>): void {
  const { durability, busyTimeoutMs, maxBlockMs, whenLocked, directoryChecks } = options;
  const problems: FieldProblem[] = [];
  if (durability !== 'normal' && durability !== 'full') {
    problems.push({ path: 'durability', message: 'must be "normal" or "full"' });
  }
  if (
    !Number.isInteger(busyTimeoutMs) ||
    (busyTimeoutMs as number) < 0 ||
    (busyTimeoutMs as number) > MAX_BUSY_TIMEOUT_MS
  ) {
    problems.push({ path: 'busyTimeoutMs', message: `must be a whole number from 0 to ${MAX_BUSY_TIMEOUT_MS}` });
  }
  if (typeof maxBlockMs !== 'number' || !(maxBlockMs >= 1)) {
    problems.push({ path: 'maxBlockMs', message: 'must be a number of 1 or more' });
  }
  if (whenLocked !== 'block' && whenLocked !== 'promise') {
    problems.push({ path: 'whenLocked', message: 'must be "block" or "promise"' });
  }
  if (!isDirectoryChecks(directoryChecks))
    problems.push({ path: 'directoryChecks', message: DIRECTORY_CHECKS_PROBLEM });
  if (problems.length === 0) return;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new CacheConfigError(`${tier}: ${list}`, { tier, problems });
}
