import { z } from 'zod';
import { Kinds } from '../arguments/argument-kinds.ts';
import { parseWith } from '../arguments/parse-with.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM } from '../files/directory-checks.ts';
import { Secret } from '../secrets/secret.ts';
import { L2BackendType } from '../tier/tier-type.ts';
import { TIER_CONFIG_MEMBERS, tierConfigSchema } from './tier-config.ts';

/** The longest time that a timer of Node.js can wait, in whole seconds. */
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
// A tier given in part keeps the level's own defaults for the rest.
const tier = (maxEntries: number | null) =>
  tierConfigSchema.extend({ maxEntries: tierConfigSchema.shape.maxEntries.unwrap().default(maxEntries) }).prefault({});

const schema = z.strictObject({
  /** L1, memory. Default: 1000 entries, lru. */
  l1Config: tier(1000),
  /** L2, disk. Default: 5000 entries, lru. */
  l2Config: tier(5000),
  /** What holds L2. Default `"jsonl"`. */
  l2Backend: z
    .enum(Object.values(L2BackendType) as [L2BackendType, ...L2BackendType[]], 'must be "jsonl" or "sqlite"')
    .default('jsonl'),
  /** L3, SQLite. Default: no limit. */
  l3Config: tier(null),
  /** TTL in seconds of entries that bring none: 60 or more. Default 3600. */
  defaultTtlSeconds: whole(60).default(3600),
  /** Seconds between sweeps of the background cleanup: 10 or more. Default 60. */
  ttlCleanupInterval: interval(10).default(60),
  /** Whether expired entries are swept in the background. Default false: they go when they are met. */
  enableBackgroundCleanup: z.boolean().default(false),
  /** Seconds between cleanup runs: 5 or more. Default 60. */
  cleanupIntervalSeconds: interval(5).default(60),
  /** TTL in seconds by source, 1 or more; it wins over `defaultTtlSeconds`. Default none. */
  perSourceTtl: z.record(z.string(), whole(1)).default({}),
  /** Directory of L2. Default `.cache/proxies`. */
  l2CacheDir: path.default('.cache/proxies'),
  /** Database file of L3. Default `.cache/db/proxywhirl.db`. */
  l3DatabasePath: path.default('.cache/db/proxywhirl.db'),
  /** Fernet key: 32 bytes as base64url. Default: the environment's. Its format is checked when the cache opens. */
  encryptionKey: key.nullable().default(null),
  /** Older keys that can still open tokens. Default none. */
  previousEncryptionKeys: z.array(key).default([]),
  /**
   * File that holds the key when neither `encryptionKey` nor the environment has one; made once, mode 0600. Refused among the
   * cache's own files. Default none: a random key is used then, and nothing it sealed can be read after a restart.
   */
  keyFile: path.optional(),
  /**
   * Whether tokens that are bound to no proxy are opened: those of ProxyWhirl, and of ciphers that cannot bind. `"refuse"` once
   * `reencrypt` has bound them all and nothing else writes the store. Default `"accept"`.
   */
  foreignTokens: z.enum(['accept', 'refuse'], 'must be "accept" or "refuse"').default('accept'),
  /** Whether an entry that fails often enough is removed. Default true. */
  healthCheckInvalidation: z.boolean().default(true),
  /** Failures that remove an entry: 1 or more. Default 3. */
  failureThreshold: whole(1).default(3),
  /** Whether hits, misses and evictions are counted. Default true. */
  enableStatistics: z.boolean().default(true),
  /** Seconds between statistics events: 1 or more. Default 5. */
  statisticsInterval: interval(1).default(5),
  /** What is done where other users of the machine could change folders or files of the cache. Default `"warn"`; see {@link DirectoryChecks}. */
  directoryChecks: z.enum(DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM).default('warn'),
  /** `"normal"`: a put survives the process; `"full"`: also a power cut, for a disk flush a put. Default `"normal"`. */
  durability: z.enum(['normal', 'full'], 'must be "normal" or "full"').default('normal'),
});

/** What a user writes: every member optional. */
export type CacheConfigInput = z.input<typeof schema>;
/** A checked configuration with every default filled in. */
export type CacheConfig = Readonly<z.output<typeof schema>>;

const MEMBERS: readonly string[] = Object.keys(schema.shape);

/** Checks a configuration and fills the defaults. Throws a CacheConfigError that lists all problems. */
export function parseCacheConfig(input: CacheConfigInput = {}): CacheConfig {
  const config = parseWith(schema, input, {
    what: 'cache config',
    name: 'config',
    objects: ['l1Config', 'l2Config', 'l3Config', 'perSourceTtl'],
    members: (at) => (at === '' ? MEMBERS : TIER_CONFIG_MEMBERS),
    error: CacheConfigError,
  });
  for (const part of [config.l1Config, config.l2Config, config.l3Config, config.perSourceTtl]) Object.freeze(part);
  return Object.freeze(config);
}
