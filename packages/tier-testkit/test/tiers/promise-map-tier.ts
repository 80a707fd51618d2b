import { setImmediate } from 'node:timers/promises';
import { type CacheEntry, isTooLongKey, type MaybePromise } from '@pw/cache-models';
import type { TierSetup } from '../../src/index.ts';
import { AsyncTier } from './async-tier.ts';
import { InnerMapTier } from './inner-map-tier.ts';

/** A right tier in memory that answers with promises, as one at the other end of a wire does. */
export class PromiseMapTier extends AsyncTier {
  constructor(setup: TierSetup, inner = new InnerMapTier(setup)) {
    super(inner);
  }

  /** What is at this end is given at once. */
  getNow(key: string): MaybePromise<CacheEntry | undefined> {
    if (typeof key !== 'string' || isTooLongKey(key) || this.status !== 'open' || !this.enabled) return this.get(key);
    try {
      const entry = this.inner.get(key);
      this.inner.succeeded();
      return entry;
    } catch (error) {
      this.inner.countMiss();
      return this.inner.recover(error, undefined);
    }
  }

  protected override async transact<T>(work: () => T): Promise<T> {
    await this.turn();
    return work();
  }
  /** Lets others go on for a while. */
  protected async turn(): Promise<void> {
    await setImmediate();
  }
  protected override async doOpen(): Promise<void> {
    await this.turn();
  }
  protected override async doClose(): Promise<void> {
    await this.turn();
    this.inner.close();
  }
}
