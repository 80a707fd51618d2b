import { type ArgumentKind, Kinds, oneOf, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { MEMBERS, problemsOfOptions } from '../arguments/check-options.ts';
import { objectWanted } from '../arguments/object-wanted.ts';
import {
  type CacheTierConfig,
  type CacheTierConfigInput,
  LIKELY_TIER_CONFIG,
  tierConfigSchema,
} from '../config/tier-config.ts';
import type { CacheEntry } from '../entry/cache-entry.ts';
import { CacheConfigError, type FieldProblem } from '../errors/cache-error.ts';
import { Problems } from '../errors/problems.ts';
import type { Logger } from '../logger.ts';
import type { CredentialCipher } from '../secrets/secret.ts';
import type { Clock } from '../time/clock.ts';
import type { EvictionListener, TierCapabilities } from './cache-tier.ts';
import type { TierType } from './tier-type.ts';

/** Whether a tier returns values or promises; determines the types of its public methods. */
export type TierMode = 'sync' | 'async';
/** The type of a result in a mode. */
export type TierResult<M extends TierMode, T> = M extends 'sync' ? T : Promise<T>;
/** The type of a stream of entries in a mode. */
export type TierEntries<M extends TierMode> = M extends 'sync' ? Iterable<CacheEntry> : AsyncIterable<CacheEntry>;

/** The options of every tier: its configuration, and what it uses. Each tier adds its own. */
export interface TierOptions extends CacheTierConfigInput {
  /**
   * Seals credentials. A persistent tier without a cipher refuses entries with credentials.
   *
   * @default none
   */
  readonly cipher?: CredentialCipher | undefined;
  /**
   * Tells the time: when entries expire and when they were accessed.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
  /**
   * Receives warnings. Its errors are ignored.
   *
   * @default logs nothing
   */
  readonly logger?: Logger | undefined;
  /**
   * Called when a live entry is evicted to make room.
   *
   * @default none
   */
  readonly onEvict?: EvictionListener | undefined;
  /**
   * The kind of store.
   *
   * @default the tier's own kind
   */
  readonly tierType?: TierType | undefined;
  /**
   * Name in logs, errors and statistics.
   *
   * @default tierType
   */
  readonly name?: string | undefined;
  /**
   * Number of consecutive failures that switches the tier off, 1 or more.
   *
   * @default 3
   */
  readonly failureThreshold?: number | undefined;
}

type ClaimedCapability = Exclude<keyof TierCapabilities, 'synchronous' | 'immediate'>;

/** How a tier describes itself to BaseTier. */
export interface TierDescription<M extends TierMode> {
  /** Whether the tier returns values or promises. */
  readonly mode: M;
  /** The kind of store, unless the options name another. */
  readonly tierType: TierType;
  /**
   * What the tier claims. Default: nothing, each capability is false; but `synchronous` is decided by the mode, and
   * every tier that extends BaseTier is `immediate`.
   */
  readonly capabilities?: { readonly [Name in ClaimedCapability]?: boolean | undefined } | undefined;
  /**
   * The options that the tier adds to {@link TierOptions}, each with its kind; `{}` for none. BaseTier then checks them
   * and refuses unknown options. Default: the tier checks its own and unknown options itself.
   */
  readonly ownOptions?: Readonly<Record<string, ArgumentKind>> | undefined;
}

/** Members of the configuration have a schema of their own. */
const BY_SCHEMA: ArgumentKind = Object.freeze({ wanted: '', isRight: () => true });

const TIER_OPTIONS: Readonly<Record<keyof TierOptions, ArgumentKind>> = Object.freeze({
  enabled: BY_SCHEMA,
  maxEntries: BY_SCHEMA,
  evictionPolicy: BY_SCHEMA,
  cipher: optional(Kinds.cipher),
  clock: optional(Kinds.clock),
  logger: optional(Kinds.logger),
  onEvict: optional(Kinds.function),
  tierType: optional(Kinds.string),
  name: optional(Kinds.string),
  failureThreshold: optional(wholeNumber(1)),
});

const DESCRIPTION: Readonly<Record<keyof TierDescription<TierMode>, ArgumentKind>> = Object.freeze({
  mode: oneOf(['sync', 'async']),
  tierType: Kinds.string,
  capabilities: optional(Kinds.object),
  ownOptions: optional(MEMBERS),
});

const CLAIM = optional(Kinds.boolean);
const CLAIMS: Readonly<Record<ClaimedCapability, ArgumentKind>> = Object.freeze({
  persistent: CLAIM,
  shared: CLAIM,
  ordered: CLAIM,
  countsAccesses: CLAIM,
  query: CLAIM,
  health: CLAIM,
  reseal: CLAIM,
  sideValues: CLAIM,
  leases: CLAIM,
  changes: CLAIM,
  update: CLAIM,
  log: CLAIM,
  marks: CLAIM,
});

/** All capabilities of a tier; those that its description does not mention are false. */
export function completeCapabilities({ mode, capabilities = {} }: TierDescription<TierMode>): TierCapabilities {
  const claims = Object.keys(CLAIMS).map((name) => [name, capabilities[name as ClaimedCapability] ?? false]);
  const own = { synchronous: mode === 'sync', immediate: true };
  return Object.freeze({ ...(Object.fromEntries(claims) as TierCapabilities), ...own });
}

/** The configuration among the options of a tier. Throws a CacheConfigError that lists every wrong option. */
export function parseTierOptions(options: TierOptions, description: TierDescription<TierMode>): CacheTierConfig {
  const described = problemsOfOptions(description, DESCRIPTION, 'description');
  throwIfAny(described, 'tier');
  const claims = problemsOfOptions(description.capabilities ?? {}, CLAIMS);
  throwIfAny(
    claims.map(({ path, message }) => ({ path: `capabilities.${path}`, message })),
    description.tierType,
  );
  const own = description.ownOptions;
  const given = own === undefined && Kinds.object.isRight(options) ? pick(options) : options;
  const problems = problemsOfOptions(given, { ...TIER_OPTIONS, ...own });
  const name: unknown = (options as TierOptions | undefined)?.name;
  const tier = typeof name === 'string' ? name : description.tierType;
  if (!Kinds.object.isRight(options))
    throwIfAny([{ path: 'options', message: objectWanted(options, { ...own, ...LIKELY }) }], tier);
  const { enabled, maxEntries, evictionPolicy } = options;
  const config = tierConfigSchema.safeParse({ enabled, maxEntries, evictionPolicy });
  const wrong =
    config.error?.issues.map(({ path, message }): FieldProblem => ({ path: path.join('.'), message })) ?? [];
  throwIfAny([...problems, ...wrong], tier);
  return Object.freeze(config.data!);
}

/** What a value may mean that is given instead of options; a name or a threshold is an unlikely one. */
const LIKELY: Readonly<Record<string, ArgumentKind>> = Object.freeze({
  ...LIKELY_TIER_CONFIG,
  cipher: TIER_OPTIONS.cipher,
  clock: TIER_OPTIONS.clock,
  logger: TIER_OPTIONS.logger,
  onEvict: TIER_OPTIONS.onEvict,
});

/** Only the options that all tiers have. */
function pick(options: TierOptions): TierOptions {
  return Object.fromEntries(Object.keys(TIER_OPTIONS).map((name) => [name, options[name as keyof TierOptions]]));
}

function throwIfAny(problems: readonly FieldProblem[], tier: string): void {
  new Problems(problems).throwIfAny(tier, { error: CacheConfigError, tier });
}
