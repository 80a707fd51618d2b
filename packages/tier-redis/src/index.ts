export type { ClusterClient, NodeClient, SingleClient } from './connection/server-client.ts';
export { RedisCacheTier } from './redis-cache-tier.ts';
export type { RedisTierOptions } from './redis-tier-options.ts';
