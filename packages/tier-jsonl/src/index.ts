export { JsonlCacheTier } from './jsonl-cache-tier.ts';
export type { Durability, JsonlTierOptions } from './jsonl-tier-options.ts';
export type { LockTiming } from './lock/lock-timing.ts';
