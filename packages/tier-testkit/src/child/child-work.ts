import { type CacheTier, silentLogger } from '@pw/cache-models';
import { ManualClock } from '@pw/test-support/doubles';
import { TestCipher } from '../doubles/test-cipher.ts';
import type { TierModule } from '../subject/tier-module.ts';
import type { ChildOrders } from './child-orders.ts';

/** The environment of a command in a child process. */
export class ChildWork {
  readonly clock = new ManualClock();
  readonly orders: ChildOrders;
  readonly #module: TierModule;

  constructor(module: TierModule, orders: ChildOrders) {
    this.#module = module;
    this.orders = orders;
    this.clock.set(orders.now);
  }

  /** A tier on the store, not yet opened, created as the parent creates its own. */
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

/** A command of a child process. */
export type ChildCommand = (work: ChildWork) => Promise<void>;
