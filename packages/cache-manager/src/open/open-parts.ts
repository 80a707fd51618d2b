import { type Clock, type Logger, silentLogger, systemClock } from '@pw/cache-models';
import type { CacheManagerOptions } from '../manager-options.ts';
import { quietLogger } from '../observe/quiet-logger.ts';
import { CacheActivity } from '../observe/statistics.ts';
import type { TierSlot } from '../tier/managed-tier.ts';
import { checkOptions } from './check-options.ts';
import { openSlots } from './open-tiers.ts';

/** What an open cache is made of. */
export interface CacheParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly activity: CacheActivity;
  readonly slots: readonly TierSlot[];
}

/** Checks the options and opens the tiers. Throws as `CacheManager.open` does. */
export async function openParts(options: CacheManagerOptions): Promise<CacheParts> {
  checkOptions(options);
  const clock = options.clock ?? systemClock;
  const logger = quietLogger(options.logger ?? silentLogger);
  const activity = new CacheActivity(options);
  const slots = await openSlots(options, {
    clock,
    logger,
    cipher: options.cipher,
    onEvict: (level) => (key, entry, reason) => activity.evicted(level, key, entry, reason),
    onDegraded: (slot) => activity.switched('degraded', slot),
    onRecovered: (slot) => activity.switched('recovered', slot),
  });
  return { clock, logger, activity, slots };
}
