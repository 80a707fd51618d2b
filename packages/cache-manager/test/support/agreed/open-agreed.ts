import type { TierContext } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support/doubles';
import { MemoryCacheTier } from '@pw/tier-memory';
import type { CacheManagerOptions } from '../../../src/index.ts';
import { CacheManager } from '../../../src/index.ts';
import { type Gate, open } from './gate.ts';
import { LogStore } from './log-store.ts';
import { LogTier, unreachable } from './log-tier.ts';
import { MarkStore } from './mark-store.ts';
import { MarkTier } from './mark-tier.ts';
import type { PluginStore } from './plugin-store.ts';
import { PluginTier } from './plugin-tier.ts';

/** The stores that several "processes" share, and faults of theirs. */
export class AgreedWorld {
  base = new LogStore();
  middle = new MarkStore();
  /** If there is one, a tier without marks is between the middle tier and the base. */
  plugin: PluginStore | undefined;
  /** What happens before each step of the plugin of a process. */
  gate: (step: string, process: string) => Promise<void> | void = open;
  readonly clock = new ManualClock();
  readonly down = new Set<string>();

  /** The base is set aside, and an empty one takes its place. */
  loseBase(): void {
    this.base = new LogStore();
  }

  /** A cache of memory, a middle tier, perhaps a plugin, and a base, as another process would open it. */
  async open(name = 'p', options: Partial<CacheManagerOptions> = {}) {
    const { clock } = this;
    const check = (tier: string) => () => {
      if (this.down.has(tier) || this.down.has(`${tier}@${name}`)) throw unreachable(tier);
    };
    const failureThreshold = 1;
    const { plugin: store } = this;
    const gate: Gate = (step) => this.gate(step, name);
    const plugin = store && {
      name: 'plugin',
      tier: (context: TierContext) =>
        new PluginTier({ ...context, name: 'plugin', failureThreshold, store, gate, check: check('plugin') }),
    };
    const manager = await CacheManager.open({
      tiers: [
        { name: 'l1', tier: (context) => new MemoryCacheTier({ ...context }) },
        {
          name: 'l2',
          tier: (context) =>
            new MarkTier({ ...context, name: 'l2', failureThreshold, store: this.middle, check: check('middle') }),
        },
        ...(plugin === undefined ? [] : [plugin]),
        {
          name: 'l3',
          tier: (context) =>
            new LogTier({ ...context, name: 'l3', failureThreshold, store: this.base, check: check('base') }),
        },
      ],
      clock,
      maxStalenessMs: 0,
      ...options,
    });
    return manager;
  }
}
