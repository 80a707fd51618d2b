import { CacheConfigError, type CacheTier } from '@pw/cache-models';
import { type ClaimedPart, TIER_CONTRACT_VERSION, TIER_PARTS } from '@pw/cache-models/tier';

/**
 * Throws a CacheConfigError unless a tier was written for a supported version of the contract, has a configuration and
 * capabilities, and has the part of each capability that it claims.
 */
export function checkTier(name: string, tier: unknown): void {
  checkContract(name, tier);
  checkShape(name, tier);
  for (const [part, functions] of Object.entries(TIER_PARTS)) checkPart(name, tier, part as ClaimedPart, functions);
  const isImmediate = readSafely(tier, ({ capabilities }) => capabilities.immediate) === true;
  if (isImmediate && readSafely(tier, ({ getNow }) => typeof getNow) === 'undefined')
    throw wrongTier(
      `${name} claims the capability immediate, but has no function getNow; implement it, or do not claim immediate`,
    );
}

/**
 * Throws a CacheConfigError unless a tier was written for the current version of the contract or the previous one,
 * which gives tiers time to be updated.
 */
export function checkContract(name: string, tier: unknown, current: number = TIER_CONTRACT_VERSION): void {
  const version = readSafely(tier, ({ contractVersion }) => contractVersion);
  const oldest = Math.max(1, current - 1);
  if (!Number.isInteger(version)) {
    throw wrongTier(`${name} is not a tier: it has no contractVersion`);
  }
  const given = version as number;
  if (given >= oldest && given <= current) return;
  const remedy = given < oldest ? "update the tier's package" : 'update @pw/cache-manager';
  throw wrongTier(
    `${name} was written for version ${given} of the tier contract, and this manager supports ${oldest === current ? current : `${oldest} and ${current}`}; ${remedy}`,
  );
}

/** Throws a CacheConfigError unless a tier has a configuration and capabilities. */
function checkShape(name: string, tier: unknown): void {
  const shape = readSafely(tier, ({ config, capabilities }) => ({
    enabled: config.enabled,
    synchronous: capabilities.synchronous,
  }));
  if (typeof shape?.enabled === 'boolean' && typeof shape.synchronous === 'boolean') return;
  throw wrongTier(`${name} is not a tier: it has no config.enabled or no capabilities.synchronous`);
}

/**
 * Throws a CacheConfigError if a tier claims a part that it does not have. A part that cannot be read is not refused:
 * its faults are contained like any other.
 */
function checkPart(name: string, tier: unknown, part: ClaimedPart, functions: readonly string[] | null): void {
  if (readSafely(tier, ({ capabilities }) => capabilities[part]) !== true) return;
  const missing = readSafely(tier, (given) => missingFrom(given[part], part, functions));
  if (missing === undefined) return;
  throw wrongTier(
    `${name} claims the capability ${part}, but has no function ${missing}; implement it, or do not claim ${part}`,
  );
}

/** The first function that a part lacks. */
function missingFrom(part: unknown, name: string, functions: readonly string[] | null): string | undefined {
  if (functions === null) return typeof part === 'function' ? undefined : name;
  const absent = functions.find((one) => typeof (part as Record<string, unknown> | undefined)?.[one] !== 'function');
  return absent === undefined ? undefined : `${name}.${absent}`;
}

function wrongTier(message: string): CacheConfigError {
  return new CacheConfigError(`cache manager: tiers: ${message}`, { problems: [{ path: 'tiers', message }] });
}

function readSafely<T>(tier: unknown, read: (tier: CacheTier) => T): T | undefined {
  try {
    return read(tier as CacheTier);
  } catch {
    return undefined;
  }
}
