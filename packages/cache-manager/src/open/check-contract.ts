import { CacheConfigError, type CacheTier, TIER_CONTRACT_VERSION } from '@pw/cache-models';

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
export function checkShape(name: string, tier: unknown): void {
  const shape = readSafely(tier, ({ config, capabilities }) => ({
    enabled: config.enabled,
    synchronous: capabilities.synchronous,
  }));
  if (typeof shape?.enabled === 'boolean' && typeof shape.synchronous === 'boolean') return;
  throw wrongTier(`${name} is not a tier: it has no config.enabled or no capabilities.synchronous`);
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
