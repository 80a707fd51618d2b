import type { TierModule } from '../../src/index.ts';
import { MapTier } from './map-tier.ts';

export { breakStore, mendStore } from './broken-stores.ts';

export const createTier: TierModule['createTier'] = (setup) => new MapTier(setup);
