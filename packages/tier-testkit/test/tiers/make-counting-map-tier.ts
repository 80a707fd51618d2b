import type { TierModule } from '../../src/index.ts';
import { CountingMapTier } from './counting-map-tier.ts';

export { breakStore, mendStore } from './broken-stores.ts';

export const createTier: TierModule['createTier'] = (setup) => new CountingMapTier(setup);
