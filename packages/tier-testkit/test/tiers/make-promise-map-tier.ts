import type { TierModule } from '../../src/index.ts';
import { PromiseMapTier } from './promise-map-tier.ts';

export { breakStore, mendStore } from './broken-stores.ts';

export const createTier: TierModule['createTier'] = (setup) => new PromiseMapTier(setup);
