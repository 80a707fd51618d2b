import { z } from 'zod';
import { parseWith } from '../arguments/parse-with.ts';
import { CacheConfigError } from '../errors/cache-error.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';

/** Which entry goes when a tier is full. Expired entries go first whatever the policy. */
export const EvictionPolicy = Object.freeze({
  /** The one not read for longest. */
  LRU: 'lru',
  /** The one read least often; the oldest of several. */
  LFU: 'lfu',
  /** The one stored first, whatever was read since. */
  FIFO: 'fifo',
});
export type EvictionPolicy = (typeof EvictionPolicy)[keyof typeof EvictionPolicy];

const POLICIES = Object.values(EvictionPolicy) as [EvictionPolicy, ...EvictionPolicy[]];

export const tierConfigSchema = z.strictObject({
  /** Whether the tier is used at all. Default true. */
  enabled: z.boolean().default(true),
  /** Most entries that the tier keeps: 1 or more, or null for no limit. Default null. */
  maxEntries: z
    .int('must be null (no limit) or a whole number of 1 or more')
    .min(1, 'must be null (no limit) or a whole number of 1 or more')
    .nullable()
    .default(null),
  /** Default `"lru"`. */
  evictionPolicy: z
    .enum(POLICIES, {
      error: ({ input }) =>
        `must be one of lru, lfu, fifo${typeof input === 'string' ? `, not ${JSON.stringify(maskCredentials(input.slice(0, 40)))}` : ''}`,
    })
    .default('lru'),
});

/** What a user writes: every member optional. */
export type CacheTierConfigInput = z.input<typeof tierConfigSchema>;
/** A checked configuration of one tier. */
export type CacheTierConfig = Readonly<z.output<typeof tierConfigSchema>>;

export const TIER_CONFIG_MEMBERS: readonly string[] = Object.freeze(Object.keys(tierConfigSchema.shape));

/** Checks a tier's configuration and fills the defaults. Throws a CacheConfigError that lists all problems. */
export function parseTierConfig(input: CacheTierConfigInput = {}): CacheTierConfig {
  return Object.freeze(
    parseWith(tierConfigSchema, input, {
      what: 'tier config',
      name: 'config',
      members: () => TIER_CONFIG_MEMBERS,
      error: CacheConfigError,
    }),
  );
}
