import type {
  CacheTier,
  CacheTierConfigInput,
  Clock,
  CredentialCipher,
  EvictionListener,
  Logger,
  MaybePromise,
} from '@pw/cache-models';

/** What the kit passes to `createTier`. */
export interface TierSetup {
  readonly config: CacheTierConfigInput;
  /** The clock of the test, which only the test advances. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** `undefined` when a test needs a tier without one. */
  readonly cipher: CredentialCipher | undefined;
  readonly onEvict: EvictionListener;
  /** 1 or more: the number of consecutive failures after which the tier switches itself off. */
  readonly failureThreshold: number;
  /**
   * An empty folder, removed after the test. Two tiers created with the same folder share a store. A tier that keeps
   * its entries elsewhere derives a name (a prefix, a database) from the path.
   */
  readonly directory: string;
}

/**
 * What the module under test exports. It is loaded by the tests and, for checks that need a separate process
 * (kill -9, several processes, exit), by child processes.
 */
export interface TierModule {
  /** Creates a tier, not yet opened. The same `directory` means the same store. */
  createTier(setup: TierSetup): MaybePromise<CacheTier>;
  /** The files that the tier writes for a folder. Default: all files inside the folder. */
  storedFiles?(directory: string): MaybePromise<readonly string[]>;
  /** Makes all further operations of open tiers on the store fail, like a broken disk or network. */
  breakStore?(directory: string): MaybePromise<void>;
  mendStore?(directory: string): MaybePromise<void>;
}
