import { z } from 'zod';
import { type ArgumentKind, Kinds, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { parseWith } from '../arguments/parse-with.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM } from '../files/directory-checks.ts';
import { Secret } from '../secrets/secret.ts';
import { L2BackendType } from '../tier/tier-type.ts';
import { TIER_CONFIG_MEMBERS, tierConfigSchema } from './tier-config.ts';

/** The longest delay of a Node.js timer, in whole seconds. */
const LONGEST_INTERVAL = 2_147_483;
const interval = (least: number) =>
  z
    .int(`must be a whole number of seconds from ${least} to ${LONGEST_INTERVAL}`)
    .min(least, `must be a whole number of seconds from ${least} to ${LONGEST_INTERVAL}`)
    .max(LONGEST_INTERVAL, `must be a whole number of seconds from ${least} to ${LONGEST_INTERVAL}`);
const whole = (least: number) =>
  z.int(`must be a whole number of ${least} or more`).min(least, `must be a whole number of ${least} or more`);
const path = z.string('must be a path').refine(Kinds.path.isRight, 'must be a path');
const key = z
  .custom<string | Secret>(
    (value) => typeof value === 'string' || Secret.isSecret(value),
    'must be a string or a Secret',
  )
  .transform((value) => (typeof value === 'string' ? Secret.of(value) : value));
// A partial tier configuration keeps the level's own defaults for the other members.
const tier = (maxEntries: number | null) =>
  tierConfigSchema.extend({ maxEntries: tierConfigSchema.shape.maxEntries.unwrap().default(maxEntries) }).prefault({});

const schema = z.strictObject({
  /** L1, memory. Default: 1000 entries, lru. */
  l1Config: tier(1000),
  /** L2, disk. Default: 5000 entries, lru. */
  l2Config: tier(5000),
  /** The store of L2. Default `"jsonl"`. */
  l2Backend: z
    .enum(Object.values(L2BackendType) as [L2BackendType, ...L2BackendType[]], 'must be "jsonl" or "sqlite"')
    .default('jsonl'),
  /** L3, SQLite. Default: no limit. */
  l3Config: tier(null),
  /** TTL in seconds of entries without one, 60 or more. Default 3600. */
  defaultTtlSeconds: whole(60).default(3600),
  /** Seconds between runs of the background cleanup, 10 to 2147483. Default 60. */
  ttlCleanupInterval: interval(10).default(60),
  /** Whether expired entries are removed in the background. Default false: they are removed when a read finds them. */
  enableBackgroundCleanup: z.boolean().default(false),
  /** Seconds between cleanup runs, 5 to 2147483. Default 60. */
  cleanupIntervalSeconds: interval(5).default(60),
  /** TTL in seconds by source, 1 or more; takes precedence over `defaultTtlSeconds`. Default none. */
  perSourceTtl: z.record(z.string(), whole(1)).default({}),
  /** Directory of L2. Default `.cache/proxies`. */
  l2CacheDir: path.default('.cache/proxies'),
  /** Database file of L3. Default `.cache/db/proxywhirl.db`. */
  l3DatabasePath: path.default('.cache/db/proxywhirl.db'),
  /**
   * Fernet key: 32 bytes as base64url. Its format is checked when the cache opens. Default: the key in the environment.
   */
  encryptionKey: key.nullable().default(null),
  /** Older keys that still open tokens. Default none. */
  previousEncryptionKeys: z.array(key).default([]),
  /**
   * File with the key, used if neither `encryptionKey` nor the environment has one; created once, with mode 0600. Must
   * not be among the cache's own files. Default none: a random key is then used, and nothing that it sealed can be read
   * after a restart.
   */
  keyFile: path.optional(),
  /**
   * Whether tokens that are bound to no proxy are opened: those of ProxyWhirl, and of ciphers without binding. Use
   * `"refuse"` once `reencrypt` has bound them all and no other program writes the store. Default `"accept"`.
   */
  foreignTokens: z.enum(['accept', 'refuse'], 'must be "accept" or "refuse"').default('accept'),
  /** Whether an entry that fails often enough is removed. Default true. */
  healthCheckInvalidation: z.boolean().default(true),
  /** Number of failures that removes an entry, 1 or more. Default 3. */
  failureThreshold: whole(1).default(3),
  /** Whether hits, misses and evictions are counted. Default true. */
  enableStatistics: z.boolean().default(true),
  /** Seconds between statistics events, 1 to 2147483. Default 5. */
  statisticsInterval: interval(1).default(5),
  /**
   * What happens if other users of the machine could change folders or files of the cache; see {@link DirectoryChecks}.
   * Default `"warn"`.
   */
  directoryChecks: z.enum(DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM).default('warn'),
  /**
   * `"normal"`: a put survives the end of the process; `"full"`: also a power failure, at the cost of a disk flush per
   * put. Default `"normal"`.
   */
  durability: z.enum(['normal', 'full'], 'must be "normal" or "full"').default('normal'),
});

/** The configuration of a cache as a user writes it: every member is optional. */
export type CacheConfigInput = z.input<typeof schema>;
/** A validated configuration, with all defaults filled in. */
export type CacheConfig = Readonly<z.output<typeof schema>>;

/** What a value may mean that is given instead of a configuration. */
const LIKELY: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  l2CacheDir: optional(Kinds.path),
  l3DatabasePath: optional(Kinds.path),
  defaultTtlSeconds: optional(wholeNumber(60)),
});
const MEMBERS: readonly string[] = Object.keys(schema.shape);

/**
 * Validates a configuration and fills in the defaults. Throws a CacheConfigError that lists all problems.
 *
 * @example
 * ```ts
 * parseCacheConfig({ l1Config: { maxEntries: 500 } }).defaultTtlSeconds; // 3600
 * ```
 */
export function parseCacheConfig(input: CacheConfigInput = {}): CacheConfig {
  const config = parseWith(schema, input, {
    what: 'cache config',
    name: 'config',
    objects: ['l1Config', 'l2Config', 'l3Config', 'perSourceTtl'],
    likely: LIKELY,
    members: (at) => (at === '' ? MEMBERS : TIER_CONFIG_MEMBERS),
    error: CacheConfigError,
  });
  for (const part of [config.l1Config, config.l2Config, config.l3Config, config.perSourceTtl]) Object.freeze(part);
  return Object.freeze(config);
}
