export type { NodeSqliteTierOptions } from './node-sqlite-tier.js';
export { NodeSqliteTier } from './node-sqlite-tier.js';
