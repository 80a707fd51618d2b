import type { TierModule } from '@pw/tier-testkit';
import { MemoryCacheTier } from '../src/index.ts';

export const createTier: TierModule['createTier'] = ({ config, ...options }) => new MemoryCacheTier(config, options);
