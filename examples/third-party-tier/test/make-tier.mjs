import { join } from 'node:path';
import { NodeSqliteTier } from 'pw-tier-node-sqlite';

export const createTier = ({ config, directory, ...options }) =>
  new NodeSqliteTier({ ...config, ...options, path: join(directory, 'cache.db') });
