import type { CacheEntry } from './cache-entry.ts';
import type { EvictionListener, TierCapabilities } from './cache-tier.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { CredentialCipher } from './secret.ts';
import type { TierType } from './tier-type.ts';

/** Whether a tier answers with values or with promises; decides the types of its public methods. */
export type TierMode = 'sync' | 'async';
/** The type of an answer in a mode. */
export type TierResult<M extends TierMode, T> = M extends 'sync' ? T : Promise<T>;
/** The type of a stream of entries in a mode. */
export type TierEntries<M extends TierMode> = M extends 'sync' ? Iterable<CacheEntry> : AsyncIterable<CacheEntry>;

/** What every tier takes beside its configuration; each tier adds its own. */
export interface TierOptions {
  /** Seals credentials. A persistent tier without one refuses entries that have any. */
  readonly cipher?: CredentialCipher | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  /** Told when an entry has to make room. */
  readonly onEvict?: EvictionListener | undefined;
  /** Default: the tier's usual kind. */
  readonly tierType?: TierType | undefined;
  /** Name in logs, errors and statistics. Default: the tier type. */
  readonly name?: string | undefined;
  /** Failures in a row that switch the tier off: 1 or more. Default 3. */
  readonly failureThreshold?: number | undefined;
}

/** What a tier says of itself to BaseTier. */
export interface TierDescription<M extends TierMode> {
  readonly mode: M;
  readonly tierType: TierType;
  readonly capabilities: Omit<TierCapabilities, 'synchronous'>;
}
