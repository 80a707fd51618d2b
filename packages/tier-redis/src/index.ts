export { RedisCacheTier } from './redis-cache-tier.ts';
export type { RedisTierOptions } from './redis-tier-options.ts';
export type { ClusterClient, NodeClient, SingleClient } from './server-client.ts';
