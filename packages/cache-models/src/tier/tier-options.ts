import { type ArgumentKind, Kinds, oneOf, optional, wholeNumber } from '../arguments/argument-kinds.ts';
import { MEMBERS, problemsOfOptions } from '../arguments/check-options.ts';
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

/** The options of every tier, in addition to its configuration; each tier adds its own. */
export interface TierOptions {
  /** Seals credentials. A persistent tier without a cipher refuses entries with credentials. Default: none. */
  readonly cipher?: CredentialCipher | undefined;
  /** Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** Default: logs nothing. */
  readonly logger?: Logger | undefined;
  /** Called when a live entry is evicted to make room. Default: none. */
  readonly onEvict?: EvictionListener | undefined;
  /** The kind of store. Default: the tier's own kind. */
  readonly tierType?: TierType | undefined;
  /** Name in logs, errors and statistics. Default: `tierType`. */
  readonly name?: string | undefined;
  /** Number of consecutive failures that switches the tier off, 1 or more. Default 3. */
  readonly failureThreshold?: number | undefined;
}

/** How a tier describes itself to BaseTier. */
export interface TierDescription<M extends TierMode> {
  readonly mode: M;
  readonly tierType: TierType;
  readonly capabilities: Omit<TierCapabilities, 'synchronous'>;
  /**
   * The options that the tier adds to {@link TierOptions}, each with its kind; `{}` for none. BaseTier then checks them
   * and refuses unknown options. Default: the tier checks its own and unknown options itself.
   */
  readonly ownOptions?: Readonly<Record<string, ArgumentKind>> | undefined;
}

const TIER_OPTIONS: Readonly<Record<keyof TierOptions, ArgumentKind>> = Object.freeze({
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
  capabilities: Kinds.object,
  ownOptions: optional(MEMBERS),
});

/** Throws a CacheConfigError that lists every wrong option of a tier. */
export function checkTierOptions(options: TierOptions, description: TierDescription<TierMode>): void {
  const described = problemsOfOptions(description, DESCRIPTION, 'description');
  throwIfAny(described, 'tier');
  const own = description.ownOptions;
  const given = own === undefined && Kinds.object.isRight(options) ? pick(options) : options;
  const problems = problemsOfOptions(given, { ...TIER_OPTIONS, ...own });
  const name: unknown = (options as TierOptions | undefined)?.name;
  throwIfAny(problems, typeof name === 'string' ? name : description.tierType);
}

/** Only the options that all tiers have. */
function pick(options: TierOptions): TierOptions {
  return Object.fromEntries(Object.keys(TIER_OPTIONS).map((name) => [name, options[name as keyof TierOptions]]));
}

function throwIfAny(problems: readonly FieldProblem[], tier: string): void {
  new Problems(problems).throwIfAny(tier, { error: CacheConfigError, tier });
}
