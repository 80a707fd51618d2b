import { type CacheTier, silentLogger } from '@pw/cache-models';
import { ManualClock } from '../doubles/manual-clock.ts';
import { TestCipher } from '../doubles/test-cipher.ts';
import type { TierModule } from '../suite/tier-module.ts';
import type { ChildOrders } from './child-orders.ts';

/** What a command of a child process works with. */
export class ChildWork {
  readonly clock = new ManualClock();
  readonly orders: ChildOrders;
  readonly #module: TierModule;

  constructor(module: TierModule, orders: ChildOrders) {
    this.#module = module;
    this.orders = orders;
    this.clock.set(orders.now);
  }

  /** A tier on the store, not yet opened; made as the parent makes its own. */
  async tier(): Promise<CacheTier> {
    return this.#module.createTier({
      config: {},
      clock: this.clock,
      logger: silentLogger,
      cipher: new TestCipher(),
      failureThreshold: 3,
      directory: this.orders.directory,
      onEvict: () => {},
    });
  }
}

/** One thing that a child process can do. */
export type ChildCommand = (work: ChildWork) => Promise<void>;
