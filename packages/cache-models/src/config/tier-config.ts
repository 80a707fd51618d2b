import { z } from 'zod';
import { type ArgumentKind, oneOf, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { parseWith } from '../arguments/parse-with.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';

/** Which entry is evicted when a tier is full. With every policy, expired entries are removed first. */
export const EvictionPolicy = Object.freeze({
  /** The least recently used entry. */
  LRU: 'lru',
  /** The least frequently used entry; of several, the oldest. */
  LFU: 'lfu',
  /** The entry that was stored first, regardless of reads. */
  FIFO: 'fifo',
});
export type EvictionPolicy = (typeof EvictionPolicy)[keyof typeof EvictionPolicy];

const POLICIES = Object.values(EvictionPolicy) as [EvictionPolicy, ...EvictionPolicy[]];

/** Checks a {@link CacheTierConfigInput} and fills in its defaults. A type test keeps both the same. */
export const tierConfigSchema = z.strictObject({
  enabled: z.boolean().default(true),
  maxEntries: z
    .int('must be null (no limit) or a whole number of 1 or more')
    .min(1, 'must be null (no limit) or a whole number of 1 or more')
    .nullable()
    .default(null),
  evictionPolicy: z
    .enum(POLICIES, {
      error: ({ input }) =>
        `must be one of lru, lfu, fifo${typeof input === 'string' ? `, not ${JSON.stringify(maskCredentials(input.slice(0, 40)))}` : ''}`,
    })
    .default('lru'),
});

/** The configuration of a tier as a user writes it: every member is optional. */
export interface CacheTierConfigInput {
  /**
   * Whether the tier is used at all. The store of a tier that is not used is never touched.
   *
   * @default true
   */
  readonly enabled?: boolean | undefined;
  /**
   * Maximum number of entries, 1 or more; `null` for no limit.
   *
   * @default null
   */
  readonly maxEntries?: number | null | undefined;
  /**
   * Which entry is evicted when the tier is full; see {@link EvictionPolicy}. Expired entries are always removed first.
   *
   * @default "lru"
   */
  readonly evictionPolicy?: EvictionPolicy | undefined;
}
/** A validated configuration of one tier, with all defaults filled in. */
export interface CacheTierConfig {
  /** Whether the tier is used at all. */
  readonly enabled: boolean;
  /** Maximum number of entries; `null` for no limit. */
  readonly maxEntries: number | null;
  /** Which entry is evicted when the tier is full. */
  readonly evictionPolicy: EvictionPolicy;
}

/** What a value may mean that is given instead of a configuration, or of the options of a tier. */
export const LIKELY_TIER_CONFIG: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  maxEntries: optional(wholeNumber(1)),
  evictionPolicy: optional(oneOf(POLICIES)),
});
export const TIER_CONFIG_MEMBERS: readonly string[] = Object.freeze(Object.keys(tierConfigSchema.shape));

/**
 * Validates a tier's configuration and fills in the defaults. Throws a CacheConfigError that lists all problems.
 *
 * @example
 * ```ts
 * parseTierConfig({ maxEntries: 500 }); // { enabled: true, maxEntries: 500, evictionPolicy: 'lru' }
 * ```
 */
export function parseTierConfig(input: CacheTierConfigInput = {}): CacheTierConfig {
  return Object.freeze(
    parseWith(tierConfigSchema, input, {
      what: 'tier config',
      name: 'config',
      members: () => TIER_CONFIG_MEMBERS,
      likely: LIKELY_TIER_CONFIG,
      error: CacheConfigError,
    }),
  );
}
