import type { TierModule } from '@pw/tier-testkit';
import { DiskCacheTier } from '../src/index.ts';

export const createTier: TierModule['createTier'] = ({ config, ...options }) => new DiskCacheTier(config, options);
