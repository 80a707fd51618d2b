import type { TierModule } from '../../src/index.ts';
import { OrderedMapTier } from './ordered-map-tier.ts';

export { breakStore, mendStore } from './broken-stores.ts';

export const createTier: TierModule['createTier'] = (setup) => new OrderedMapTier(setup);
