import { join } from 'node:path';
import type { TierModule } from '@pw/tier-testkit';
import { DiskCacheTier } from '../src/index.ts';
import { hideTable, showTable } from './hide-table.ts';

export const createTier: TierModule['createTier'] = ({ config, ...options }) =>
  new DiskCacheTier({ ...config, ...options });

export const breakStore = (directory: string): void => hideTable(join(directory, 'l2_cache.db'), 'l2_cache');
export const mendStore = (directory: string): void => showTable(join(directory, 'l2_cache.db'), 'l2_cache');
