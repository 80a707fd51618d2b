import { join } from 'node:path';
import type { TierModule } from '@pw/tier-testkit';
import { SqliteCacheTier } from '../src/index.ts';
import { hideTable, showTable } from './hide-table.ts';

const fileIn = (directory: string): string => join(directory, 'cache.db');

export const createTier: TierModule['createTier'] = ({ config, directory, ...options }) =>
  new SqliteCacheTier({ ...config, ...options, path: fileIn(directory) });

export const breakStore = (directory: string): void => hideTable(fileIn(directory), 'cache_entries');
export const mendStore = (directory: string): void => showTable(fileIn(directory), 'cache_entries');
