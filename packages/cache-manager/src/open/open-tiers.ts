import {
  CacheConfigError,
  CacheError,
  CacheErrorCode,
  type CacheTier,
  type Clock,
  type CredentialCipher,
  type EvictionListener,
  type Logger,
  type TierFactory,
} from '@pw/cache-models';
import { errorCode, reasonToShow } from '@pw/cache-models/tier';
import type { CacheManagerOptions, NamedTier } from '../manager-options.ts';
import { withDeadline } from '../scheduling/deadline.ts';
import { closeQuietly, FailedFactory } from '../tier/failed-factory.ts';
import { ManagedTier } from '../tier/managed-tier.ts';
import type { TierListener } from '../tier/recoverable-tier.ts';
import { checkTier } from './check-contract.ts';

/** The default of `tierTimeoutMs`. */
export const DEFAULT_TIMEOUT_MS = 5_000;

export interface OpenContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: CredentialCipher | undefined;
  /** The eviction listener for a tier that is created here, by the tier's level. */
  readonly onEvict: (level: number) => EvictionListener;
  readonly listener: TierListener;
}

/**
 * Creates and opens the tiers of a stack. Tiers that their configuration disables are left out; a tier that cannot be
 * created or opened starts degraded, unless it is required.
 */
export async function openTiers(options: CacheManagerOptions, context: OpenContext): Promise<ManagedTier[]> {
  const tiers: ManagedTier[] = [];
  try {
    for (const [index, given] of options.tiers.entries()) {
      const tier = await createTier(given, index, tiers.length, options, context);
      if (tier !== undefined) tiers.push(tier);
    }
    checkNames(tiers, options.required ?? []);
    for (const tier of tiers) await openTier(tier, options.required ?? [], context.logger);
  } catch (error) {
    await Promise.allSettled(tiers.map((tier) => tier.close()));
    throw error;
  }
  return tiers;
}

async function createTier(
  given: CacheManagerOptions['tiers'][number],
  index: number,
  level: number,
  options: CacheManagerOptions,
  context: OpenContext,
): Promise<ManagedTier | undefined> {
  const named: NamedTier = isNamed(given) ? given : { name: `l${index + 1}`, tier: given };
  const { name } = named;
  const timeoutMs = options.tierTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const source =
    typeof named.tier === 'function' ? await callFactory(named.tier, { name, level, timeoutMs }, context) : named.tier;
  if (!(source instanceof FailedFactory)) {
    checkTier(name, source);
    if (!source.config.enabled) return undefined;
  }
  return new ManagedTier(source, {
    name,
    position: level,
    clock: context.clock,
    logger: context.logger,
    timeoutMs,
    maxTtlMs: typeof named.maxTtlSeconds === 'number' ? named.maxTtlSeconds * 1000 : undefined,
    listener: context.listener,
  });
}

interface FactoryOptions {
  readonly name: string;
  readonly level: number;
  readonly timeoutMs: number;
}

/**
 * Calls a factory. If it fails or takes too long, the managed tier calls it again whenever the tier is due for another
 * attempt.
 */
async function callFactory(
  factory: TierFactory,
  { name, level, timeoutMs }: FactoryOptions,
  context: OpenContext,
): Promise<CacheTier | FailedFactory> {
  const { clock, logger, cipher } = context;
  const make = async (): Promise<CacheTier> => {
    const making = (async () => factory({ clock, logger, cipher, onEvict: context.onEvict(level) }))();
    const tier = await withDeadline(making, timeoutMs, name, closeOnArrival);
    try {
      checkTier(name, tier);
    } catch (error) {
      if (typeof (tier as Partial<CacheTier> | undefined)?.close === 'function') closeQuietly(tier);
      throw error;
    }
    return tier;
  };
  try {
    return await make();
  } catch (error) {
    if (needsUserAction(error)) throw error;
    return new FailedFactory(error, make);
  }
}

function closeOnArrival(making: Promise<CacheTier>): void {
  making.then(closeQuietly).catch(() => {});
}

function isNamed(given: CacheManagerOptions['tiers'][number]): given is NamedTier {
  return typeof given === 'object' && 'tier' in given;
}

function checkNames(tiers: readonly ManagedTier[], required: readonly string[]): void {
  const names = tiers.map((tier) => tier.name);
  const duplicate = names.find((name, i) => names.indexOf(name) !== i);
  if (duplicate !== undefined) throw wrong('tiers', `two tiers are named ${duplicate}; give each tier its own name`);
  const unknown = required.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw wrong('required', `no tier is named ${unknown}; use the name of a tier in the stack`);
  if (names.length === 0) throw wrong('tiers', 'at least one tier must be enabled');
}

function wrong(path: string, message: string): CacheConfigError {
  return new CacheConfigError(`cache manager: ${path}: ${message}`, { problems: [{ path, message }] });
}

async function openTier(tier: ManagedTier, required: readonly string[], logger: Logger): Promise<void> {
  try {
    await tier.open();
  } catch (error) {
    if (needsUserAction(error) || required.includes(tier.name)) throw error;
    // A third-party factory may throw anything.
    const { cause } = (error ?? {}) as { cause?: unknown };
    const fields = { tier: tier.name, code: errorCode(error), system: errorCode(cause), reason: reasonToShow(error) };
    logger.warn(fields, 'tier cannot be opened; the cache works without it and tries again');
  }
}

/** True for an invalid configuration or installation: only the user can fix it, so opening the cache must fail. */
function needsUserAction(error: unknown): boolean {
  if (!(error instanceof CacheError)) return false;
  const { code } = error;
  return (
    code === CacheErrorCode.CONFIG_INVALID ||
    code === CacheErrorCode.RUNTIME_UNSUPPORTED ||
    code === CacheErrorCode.PACKAGE_MISSING
  );
}
