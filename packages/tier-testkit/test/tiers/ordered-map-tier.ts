import { compareTexts } from '@pw/cache-models/tier';
import type { TierSetup } from '../../src/index.ts';
import { MapTier } from './map-tier.ts';
import type { Row } from './row-tier.ts';

/** A {@link MapTier} that lists its entries in the order of their keys. */
export class OrderedMapTier extends MapTier {
  constructor(setup: TierSetup) {
    super(setup, { ordered: true });
  }

  protected override liveRows(): Row[] {
    return super.liveRows().sort((a, b) => this.compareKeys(a.entry.key, b.entry.key));
  }
  protected compareKeys(a: string, b: string): number {
    return compareTexts(a, b);
  }
}
