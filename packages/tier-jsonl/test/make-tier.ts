import type { TierModule } from '@pw/tier-testkit';
import { JsonlCacheTier } from '../src/index.ts';

export const createTier: TierModule['createTier'] = ({ config, ...options }) => new JsonlCacheTier(config, options);
