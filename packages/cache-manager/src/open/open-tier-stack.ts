import { type Clock, type Logger, silentLogger, systemClock } from '@pw/cache-models';
import type { CacheManagerOptions } from '../manager-options.ts';
import { quietLogger } from '../observe/quiet-logger.ts';
import { Statistics } from '../observe/statistics.ts';
import { TierStack } from '../stack/tier-stack.ts';
import { checkOptions } from './check-options.ts';
import { openTiers } from './open-tiers.ts';

/** The parts of an open cache. */
export interface OpenTierStack {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly statistics: Statistics;
  readonly stack: TierStack;
}

/** Checks the options and opens the tiers. Throws as `CacheManager.open` does. */
export async function openTierStack(options: CacheManagerOptions): Promise<OpenTierStack> {
  checkOptions(options);
  const clock = options.clock ?? systemClock;
  const logger = quietLogger(options.logger ?? silentLogger);
  const statistics = new Statistics(options);
  // Tiers may evict entries while they are being opened; these evictions are not counted.
  let stack: TierStack | undefined;
  const tiers = await openTiers(options, {
    clock,
    logger,
    cipher: options.cipher,
    onEvict: (level) => (key, entry, reason) => stack?.noteEviction(level, key, entry, reason),
    onDegraded: (tier) => statistics.switched('degraded', tier),
    onRecovered: (tier) => statistics.switched('recovered', tier),
  });
  stack = new TierStack(tiers, statistics, logger);
  statistics.attach(tiers);
  return { clock, logger, statistics, stack };
}
