import { z } from 'zod';
import { type ArgumentKind, Kinds, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { parseWith } from '../arguments/parse-with.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM, type DirectoryChecks } from '../files/directory-checks.ts';
import { Secret } from '../secrets/secret.ts';
import { L2BackendType } from '../tier/tier-type.ts';
import {
  type CacheTierConfig,
  type CacheTierConfigInput,
  TIER_CONFIG_MEMBERS,
  tierConfigSchema,
} from './tier-config.ts';

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

/** Checks a {@link CacheConfigInput} and fills in its defaults. A type test keeps both the same. */
export const cacheConfigSchema = z.strictObject({
  l1Config: tier(1000),
  l2Config: tier(5000),
  l2Backend: z
    .enum(Object.values(L2BackendType) as [L2BackendType, ...L2BackendType[]], 'must be "jsonl" or "sqlite"')
    .default('jsonl'),
  l3Config: tier(null),
  defaultTtlSeconds: whole(60).default(3600),
  ttlCleanupInterval: interval(10).default(60),
  enableBackgroundCleanup: z.boolean().default(false),
  cleanupIntervalSeconds: interval(5).default(60),
  perSourceTtl: z.record(z.string(), whole(1)).default({}),
  l2CacheDir: path.default('.cache/proxies'),
  l3DatabasePath: path.default('.cache/db/proxywhirl.db'),
  encryptionKey: key.nullable().default(null),
  previousEncryptionKeys: z.array(key).default([]),
  keyFile: path.optional(),
  foreignTokens: z.enum(['accept', 'refuse'], 'must be "accept" or "refuse"').default('accept'),
  healthCheckInvalidation: z.boolean().default(true),
  failureThreshold: whole(1).default(3),
  enableStatistics: z.boolean().default(true),
  statisticsInterval: interval(1).default(5),
  directoryChecks: z.enum(DIRECTORY_CHECKS, DIRECTORY_CHECKS_PROBLEM).default('warn'),
  durability: z.enum(['normal', 'full'], 'must be "normal" or "full"').default('normal'),
});

/** The configuration of a cache as a user writes it: every member is optional. */
export interface CacheConfigInput {
  /**
   * L1, memory. Members that are left out keep the defaults of this level.
   *
   * @default { maxEntries: 1000, evictionPolicy: "lru" }
   */
  readonly l1Config?: CacheTierConfigInput | undefined;
  /**
   * L2, on disk. Members that are left out keep the defaults of this level.
   *
   * @default { maxEntries: 5000, evictionPolicy: "lru" }
   */
  readonly l2Config?: CacheTierConfigInput | undefined;
  /**
   * The store of L2: JSON Lines files, or a SQLite database.
   *
   * @default "jsonl"
   */
  readonly l2Backend?: L2BackendType | undefined;
  /**
   * L3, SQLite. Members that are left out keep the defaults of this level.
   *
   * @default { maxEntries: null, evictionPolicy: "lru" }
   */
  readonly l3Config?: CacheTierConfigInput | undefined;
  /**
   * TTL of entries without one, in whole seconds, 60 or more.
   *
   * @default 3600
   */
  readonly defaultTtlSeconds?: number | undefined;
  /**
   * Seconds between runs of the background cleanup: a whole number from 10 to 2147483. The shorter of this and
   * `cleanupIntervalSeconds` applies.
   *
   * @default 60
   */
  readonly ttlCleanupInterval?: number | undefined;
  /**
   * Whether expired entries are removed in the background. Otherwise they are removed when a read finds them.
   *
   * @default false
   */
  readonly enableBackgroundCleanup?: boolean | undefined;
  /**
   * Seconds between runs of the background cleanup: a whole number from 5 to 2147483.
   *
   * @default 60
   */
  readonly cleanupIntervalSeconds?: number | undefined;
  /**
   * TTL by source, in whole seconds, 1 or more; takes precedence over `defaultTtlSeconds`.
   *
   * @default {}
   */
  readonly perSourceTtl?: Readonly<Record<string, number>> | undefined;
  /**
   * Directory of L2.
   *
   * @default ".cache/proxies"
   */
  readonly l2CacheDir?: string | undefined;
  /**
   * Database file of L3.
   *
   * @default ".cache/db/proxywhirl.db"
   */
  readonly l3DatabasePath?: string | undefined;
  /**
   * Fernet key: 32 bytes as base64url. Its format is checked when the cache opens. `null` for the key in the
   * environment.
   *
   * @default null
   */
  readonly encryptionKey?: string | Secret | null | undefined;
  /**
   * Older keys that still open tokens.
   *
   * @default []
   */
  readonly previousEncryptionKeys?: readonly (string | Secret)[] | undefined;
  /**
   * File with the key, used if neither `encryptionKey` nor the environment has one; created once, with mode 0600. Must
   * not be among the cache's own files.
   *
   * @default none: a random key is then used, and nothing that it sealed can be read after a restart
   */
  readonly keyFile?: string | undefined;
  /**
   * Whether tokens that are bound to no proxy are opened: those of ProxyWhirl, and of ciphers without binding. Use
   * `"refuse"` once `reencrypt` has bound them all and no other program writes the store.
   *
   * @default "accept"
   */
  readonly foreignTokens?: 'accept' | 'refuse' | undefined;
  /**
   * Whether an entry that fails often enough is removed.
   *
   * @default true
   */
  readonly healthCheckInvalidation?: boolean | undefined;
  /**
   * Number of failures that removes an entry, 1 or more.
   *
   * @default 3
   */
  readonly failureThreshold?: number | undefined;
  /**
   * Whether hits, misses and evictions are counted.
   *
   * @default true
   */
  readonly enableStatistics?: boolean | undefined;
  /**
   * Seconds between statistics events: a whole number from 1 to 2147483.
   *
   * @default 5
   */
  readonly statisticsInterval?: number | undefined;
  /**
   * What happens if other users of the machine could change folders or files of the cache; see {@link DirectoryChecks}.
   *
   * @default "warn"
   */
  readonly directoryChecks?: DirectoryChecks | undefined;
  /**
   * With `"normal"`, a put survives the end of the process; with `"full"`, also a power failure, at the cost of a disk
   * flush per put.
   *
   * @default "normal"
   */
  readonly durability?: 'normal' | 'full' | undefined;
}

type OfLevels = 'l1Config' | 'l2Config' | 'l3Config';
/** May be absent after all defaults are filled in. */
type WithoutDefault = 'keyFile';
type Keys = 'encryptionKey' | 'previousEncryptionKeys';
/** Members with their defaults, and with the documentation that they have in `T`. */
type Complete<T> = { readonly [Name in keyof T]-?: Exclude<T[Name], undefined> };

/** A validated configuration, with all defaults filled in. */
export interface CacheConfig
  extends Complete<Omit<CacheConfigInput, OfLevels | Keys | WithoutDefault>>,
    Pick<CacheConfigInput, WithoutDefault> {
  /** L1, memory. */
  readonly l1Config: CacheTierConfig;
  /** L2, on disk. */
  readonly l2Config: CacheTierConfig;
  /** L3, SQLite. */
  readonly l3Config: CacheTierConfig;
  /** Fernet key; `null` for the key in the environment. */
  readonly encryptionKey: Secret | null;
  /** Older keys that still open tokens. */
  readonly previousEncryptionKeys: readonly Secret[];
}

/** What a value may mean that is given instead of a configuration. */
const LIKELY: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  l2CacheDir: optional(Kinds.path),
  l3DatabasePath: optional(Kinds.path),
  defaultTtlSeconds: optional(wholeNumber(60)),
});
const MEMBERS: readonly string[] = Object.keys(cacheConfigSchema.shape);

/**
 * Validates a configuration and fills in the defaults. Throws a CacheConfigError that lists all problems.
 *
 * @example
 * ```ts
 * parseCacheConfig({ l1Config: { maxEntries: 500 } }).defaultTtlSeconds; // 3600
 * ```
 */
export function parseCacheConfig(input: CacheConfigInput = {}): CacheConfig {
  const config = parseWith(cacheConfigSchema, input, {
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
