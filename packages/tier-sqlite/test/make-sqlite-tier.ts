import { join } from 'node:path';
import type { TierModule } from '@pw/tier-testkit';
import { SqliteCacheTier } from '../src/index.ts';

export const createTier: TierModule['createTier'] = ({ config, directory, ...options }) =>
  new SqliteCacheTier(config, { ...options, path: join(directory, 'cache.db') });
