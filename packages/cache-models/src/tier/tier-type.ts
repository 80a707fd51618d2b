/** What kind of store a tier is; the values are ProxyWhirl's. */
export const TierType = Object.freeze({
  L1_MEMORY: 'l1_memory',
  L2_FILE: 'l2_file',
  L3_SQLITE: 'l3_sqlite',
});
/** Third parties name kinds of their own, such as `"l2_redis"`. */
export type TierType = (typeof TierType)[keyof typeof TierType] | (string & {});

/** A tier's place in the default stack. */
export const CacheTierType = Object.freeze({ L1: 'l1', L2: 'l2', L3: 'l3' });
export type CacheTierType = (typeof CacheTierType)[keyof typeof CacheTierType];

/** What holds the second level of the default stack. */
export const L2BackendType = Object.freeze({
  /** Sharded JSON Lines files: human-readable and portable. */
  JSONL: 'jsonl',
  /** One SQLite database. */
  SQLITE: 'sqlite',
});
export type L2BackendType = (typeof L2BackendType)[keyof typeof L2BackendType];
