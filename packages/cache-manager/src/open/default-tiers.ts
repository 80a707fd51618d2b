import {
  type CacheConfig,
  CacheError,
  CacheErrorCode,
  type CredentialCipher,
  L2BackendType,
  type Logger,
  type TierFactory,
} from '@pw/cache-models';
import { errorCode } from '@pw/cache-models/tier';
import type { NamedTier } from '../manager-options.ts';

// The only file that names the tier packages. Each is an optional peer dependency, loaded when a configuration needs
// it.

/** ProxyWhirl's stack of tiers, without the levels that the configuration disables. */
export async function defaultTiers(config: CacheConfig): Promise<NamedTier[]> {
  const tiers: NamedTier[] = [];
  if (config.l1Config.enabled) tiers.push({ name: 'l1', tier: await memoryTier(config) });
  if (config.l2Config.enabled) tiers.push({ name: 'l2', tier: await diskTier(config) });
  if (config.l3Config.enabled) tiers.push({ name: 'l3', tier: await sqliteTier(config) });
  return tiers;
}

async function memoryTier(config: CacheConfig): Promise<TierFactory> {
  const { MemoryCacheTier } = await load('@pw/tier-memory', () => import('@pw/tier-memory'));
  return (context) => new MemoryCacheTier({ ...config.l1Config, ...context, name: 'l1' });
}

async function diskTier(config: CacheConfig): Promise<TierFactory> {
  const { l2CacheDir: directory, durability, directoryChecks } = config;
  const options = { directory, durability, directoryChecks, name: 'l2' };
  if (config.l2Backend === L2BackendType.JSONL) {
    const { JsonlCacheTier } = await load('@pw/tier-jsonl', () => import('@pw/tier-jsonl'));
    return (context) => new JsonlCacheTier({ ...config.l2Config, ...context, ...options });
  }
  const { DiskCacheTier } = await load('@pw/tier-sqlite', () => import('@pw/tier-sqlite'));
  return (context) => new DiskCacheTier({ ...config.l2Config, ...context, ...options, whenLocked: 'promise' });
}

async function sqliteTier(config: CacheConfig): Promise<TierFactory> {
  const { SqliteCacheTier } = await load('@pw/tier-sqlite', () => import('@pw/tier-sqlite'));
  const { l3DatabasePath: path, durability, directoryChecks } = config;
  const options = { path, durability, directoryChecks, name: 'l3' };
  return (context) => new SqliteCacheTier({ ...config.l3Config, ...context, ...options, whenLocked: 'promise' });
}

/**
 * The cipher of a configuration. Its keys are those of the configuration, else those of the environment, else those of
 * the key file, else a random key, with a warning. If `@pw/cache-crypto` is not installed, there is no cipher, and
 * tiers on disk refuse entries with credentials; if a key is configured, the missing package is an error.
 */
export async function defaultCipher(
  config: CacheConfig,
  logger: Logger | undefined,
  env: Record<string, string | undefined>,
): Promise<CredentialCipher | undefined> {
  const { encryptionKey, keyFile, l2CacheDir, l3DatabasePath } = config;
  const isKeyConfigured =
    encryptionKey !== null || keyFile !== undefined || env['PROXYWHIRL_CACHE_ENCRYPTION_KEY'] !== undefined;
  if (!isKeyConfigured && !config.l2Config.enabled && !config.l3Config.enabled) return undefined;
  try {
    const { CredentialEncryptor } = await load('@pw/cache-crypto', () => import('@pw/cache-crypto'));
    return new CredentialEncryptor({
      key: encryptionKey,
      previousKeys: config.previousEncryptionKeys,
      keyFile,
      foreignTokens: config.foreignTokens,
      directoryChecks: config.directoryChecks,
      cachePlaces: { directories: [l2CacheDir], files: [l3DatabasePath] },
      env,
      logger,
    });
  } catch (error) {
    if (isKeyConfigured || !(error instanceof CacheError) || error.code !== CacheErrorCode.PACKAGE_MISSING) throw error;
    logger?.warn(
      {},
      `no cipher: tiers on disk refuse entries with credentials; to store such entries, run: ${error.message}`,
    );
    return undefined;
  }
}

async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    const isMissing =
      errorCode(cause) === 'ERR_MODULE_NOT_FOUND' && String((cause as Error).message).includes(`'${name}'`);
    if (!isMissing) throw cause;
    throw new CacheError(`npm install ${name}`, { code: CacheErrorCode.PACKAGE_MISSING, cause });
  }
}
