import type { TierCapabilities } from '@pw/cache-models';
import type { TierSetup } from '../../src/index.ts';
import { MapTier } from './map-tier.ts';

/** A {@link MapTier} whose lifecycle and faults are handled by the {@link AsyncTier} around it. */
export class InnerMapTier extends MapTier {
  constructor(setup: TierSetup, claims: Partial<TierCapabilities> = {}) {
    super(setup, { synchronous: false, ...claims });
  }

  protected override attempt<T>(_fallback: T, work: () => T): T {
    return work();
  }
}
