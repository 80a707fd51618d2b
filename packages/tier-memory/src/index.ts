export { MemoryCacheTier } from './memory-cache-tier.ts';
