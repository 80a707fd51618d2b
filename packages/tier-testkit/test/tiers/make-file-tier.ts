import type { TierModule } from '../../src/index.ts';
import { FileTier } from './file/file-tier.ts';

export { breakStore, mendStore } from './file/file-store-faults.ts';

export const createTier: TierModule['createTier'] = (setup) => new FileTier(setup);
