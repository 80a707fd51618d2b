import { CacheConfigError, type CacheTier, TIER_CONTRACT_VERSION } from '@pw/cache-models';

/**
 * Throws a CacheConfigError unless a tier was written for the current contract or for the one before: a tier has one
 * version of the contract to follow in.
 */
export function checkContract(name: string, tier: unknown, current: number = TIER_CONTRACT_VERSION): void {
  const version = told(tier, ({ contractVersion }) => contractVersion);
  const oldest = Math.max(1, current - 1);
  if (!Number.isInteger(version)) {
    throw wrongTier(`${name} is not a tier: it names no contract version`);
  }
  const given = version as number;
  if (given >= oldest && given <= current) return;
  const remedy = given < oldest ? "update the tier's package" : 'update @pw/cache-manager';
  throw wrongTier(
    `${name} was written for version ${given} of the tier contract, and this manager takes ${oldest === current ? current : `${oldest} and ${current}`}; ${remedy}`,
  );
}

/** Throws a CacheConfigError unless a tier says what it is: without that there is nothing to work with. */
export function checkShape(name: string, tier: unknown): void {
  const says = told(tier, ({ config, capabilities }) => ({
    enabled: config.enabled,
    synchronous: capabilities.synchronous,
  }));
  if (typeof says?.enabled === 'boolean' && typeof says.synchronous === 'boolean') return;
  throw wrongTier(`${name} is not a tier: it does not tell its configuration and capabilities`);
}

function wrongTier(message: string): CacheConfigError {
  return new CacheConfigError(`cache manager: tiers: ${message}`, { problems: [{ path: 'tiers', message }] });
}

function told<T>(tier: unknown, read: (tier: CacheTier) => T): T | undefined {
  try {
    return read(tier as CacheTier);
  } catch {
    return undefined;
  }
}
