import { setImmediate } from 'node:timers/promises';
import type { CacheEntry, MaybePromise } from '@pw/cache-models';
import { isTooLongKey } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { AsyncTier } from './async-tier.ts';
import { InnerMapTier } from './inner-map-tier.ts';

/** A correct in-memory tier that answers with promises, like one behind a network. */
export class PromiseMapTier extends AsyncTier {
  constructor(setup: TierSetup, inner = new InnerMapTier(setup)) {
    super(inner);
  }

  /** Returns a value, not a promise, where the tier is open. */
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
  /** Yields to other operations. */
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
