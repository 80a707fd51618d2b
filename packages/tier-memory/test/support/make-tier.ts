import type { TierModule } from '@pw/tier-testkit';
import { MemoryCacheTier } from '../../src/index.ts';

export const createTier: TierModule['createTier'] = ({ config, directory: _directory, ...options }) =>
  new MemoryCacheTier({ ...config, ...options });
