/** The kind of store of a tier; the values are ProxyWhirl's. */
export const TierType = Object.freeze({
  L1_MEMORY: 'l1_memory',
  L2_FILE: 'l2_file',
  L3_SQLITE: 'l3_sqlite',
});
/** A kind of store; third parties use names of their own, such as `"l2_redis"`. */
export type TierType = (typeof TierType)[keyof typeof TierType] | (string & {});

/** The position of a tier in the default stack. */
export const CacheTierType = Object.freeze({ L1: 'l1', L2: 'l2', L3: 'l3' });
export type CacheTierType = (typeof CacheTierType)[keyof typeof CacheTierType];

/** The store of the second level of the default stack. */
export const L2BackendType = Object.freeze({
  /** Sharded JSON Lines files: human-readable and portable. */
  JSONL: 'jsonl',
  /** One SQLite database. */
  SQLITE: 'sqlite',
});
export type L2BackendType = (typeof L2BackendType)[keyof typeof L2BackendType];
