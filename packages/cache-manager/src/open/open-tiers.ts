import {
  CacheConfigError,
  CacheError,
  CacheErrorCode,
  type CacheTier,
  type Clock,
  type CredentialCipher,
  type EvictionListener,
  type Logger,
  reasonToShow,
  type TierFactory,
} from '@pw/cache-models';
import type { CacheManagerOptions, NamedTier } from '../manager-options.ts';
import { withDeadline } from '../scheduling/deadline.ts';
import { TierSlot } from '../tier/managed-tier.ts';
import { checkContract, checkShape } from './check-contract.ts';
import { lateTier } from './late-tier.ts';

export const DEFAULT_TIMEOUT_MS = 5_000;

export interface SlotContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly cipher: CredentialCipher | undefined;
  /** Told of evictions from the tiers that are made here, with their level. */
  readonly onEvict: (level: number) => EvictionListener;
  readonly onDegraded: (slot: TierSlot) => void;
  readonly onRecovered: (slot: TierSlot) => void;
}

/**
 * Makes and opens the slots of a stack. A tier that the configuration switches off gets none; one that cannot be made or
 * opened is degraded from the start, unless it is required.
 */
export async function openSlots(options: CacheManagerOptions, context: SlotContext): Promise<TierSlot[]> {
  const slots: TierSlot[] = [];
  try {
    for (const [index, given] of options.tiers.entries()) {
      const slot = await makeSlot(given, index, slots.length, options, context);
      if (slot !== undefined) slots.push(slot);
    }
    checkNames(slots, options.required ?? []);
    for (const slot of slots) await openSlot(slot, options.required ?? [], context.logger);
  } catch (error) {
    await Promise.allSettled(slots.map((slot) => slot.close()));
    throw error;
  }
  return slots;
}

async function makeSlot(
  given: CacheManagerOptions['tiers'][number],
  index: number,
  level: number,
  options: CacheManagerOptions,
  context: SlotContext,
): Promise<TierSlot | undefined> {
  const named: NamedTier = isNamed(given) ? given : { name: `l${index + 1}`, tier: given };
  const { name } = named;
  const timeoutMs = options.tierTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const tier =
    typeof named.tier === 'function' ? await makeTier(named.tier, { name, level, timeoutMs }, context) : named.tier;
  checkContract(name, tier);
  checkShape(name, tier);
  if (!tier.config.enabled) return undefined;
  return new TierSlot(tier, {
    name,
    level,
    clock: context.clock,
    logger: context.logger,
    timeoutMs,
    maxTtlMs: named.maxTtlSeconds === undefined ? undefined : named.maxTtlSeconds * 1000,
    onDegraded: context.onDegraded,
    onRecovered: context.onRecovered,
  });
}

interface Place {
  readonly name: string;
  readonly level: number;
  readonly timeoutMs: number;
}

/** The tier of a factory; one that gives none, or not in time, is tried again whenever its slot recovers. */
async function makeTier(factory: TierFactory, place: Place, context: SlotContext): Promise<CacheTier> {
  const { clock, logger, cipher } = context;
  const { name, level, timeoutMs } = place;
  const make = async (): Promise<CacheTier> => {
    const making = (async () => factory({ clock, logger, cipher, onEvict: context.onEvict(level) }))();
    const tier = await withDeadline(making, timeoutMs, name, closeWhenItComes);
    checkContract(name, tier);
    return tier;
  };
  try {
    return await make();
  } catch (error) {
    if (isRemediable(error)) throw error;
    return lateTier({ name, clock, logger, cipher, error, make });
  }
}

/** Nobody waits for it any more. */
function closeWhenItComes(making: Promise<CacheTier>): void {
  making.then(async (tier) => tier.close()).catch(() => {});
}

function isNamed(given: CacheManagerOptions['tiers'][number]): given is NamedTier {
  return typeof given === 'object' && 'tier' in given;
}

function checkNames(slots: readonly TierSlot[], required: readonly string[]): void {
  const names = slots.map((slot) => slot.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrong('tiers', `two are named ${twice}`);
  const unknown = required.find((name) => !names.includes(name));
  if (unknown !== undefined) throw wrong('required', `no tier is named ${unknown}`);
  if (names.length === 0) throw wrong('tiers', 'at least one must be enabled');
}

function wrong(path: string, message: string): CacheConfigError {
  return new CacheConfigError(`cache manager: ${path}: ${message}`, { problems: [{ path, message }] });
}

async function openSlot(slot: TierSlot, required: readonly string[], logger: Logger): Promise<void> {
  try {
    await slot.open();
  } catch (error) {
    if (isRemediable(error) || required.includes(slot.name)) throw error;
    // A factory of somebody else's may throw anything.
    const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } | null };
    const fields = { tier: slot.name, code, system: cause?.code, reason: reasonToShow(error) };
    logger.warn(fields, 'tier cannot be opened; the cache works without it and tries again');
  }
}

/** A wrong configuration or installation does not heal by waiting: the caller must hear of it. */
function isRemediable(error: unknown): boolean {
  if (!(error instanceof CacheError)) return false;
  const { code } = error;
  return (
    code === CacheErrorCode.CONFIG_INVALID ||
    code === CacheErrorCode.RUNTIME_UNSUPPORTED ||
    code === CacheErrorCode.PACKAGE_MISSING
  );
}
