import type {
  CacheTier,
  CacheTierConfigInput,
  Clock,
  CredentialCipher,
  EvictionListener,
  Logger,
  MaybePromise,
} from '@pw/cache-models';

/** What the kit hands to a tier that it wants made. */
export interface TierSetup {
  readonly config: CacheTierConfigInput;
  /** Of the test: it stands still until the test moves it. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent when a test wants a tier without one. */
  readonly cipher: CredentialCipher | undefined;
  readonly onEvict: EvictionListener;
  /** 1 or more; a tier that is made with it switches itself off after so many failures in a row. */
  readonly failureThreshold: number;
  /**
   * An empty folder, removed after the test; two tiers made with the same one work on the same store. A tier that keeps
   * its entries elsewhere derives a name (a prefix, a database) from it.
   */
  readonly directory: string;
}

/**
 * What the module under test exports. It is loaded by the tests and, for what only a process of its own can show
 * (kill -9, several processes, exit), by child processes.
 */
export interface TierModule {
  /** Makes a tier, not yet opened. The same `directory` means the same store. */
  createTier(setup: TierSetup): MaybePromise<CacheTier>;
  /** The files that the tier writes for a folder. Default: every file below the folder. */
  storedFiles?(directory: string): MaybePromise<readonly string[]>;
  /** Makes every further operation of open tiers on the store fail, as a broken disk or network does; {@link TierModule.mendStore} undoes it. */
  breakStore?(directory: string): MaybePromise<void>;
  mendStore?(directory: string): MaybePromise<void>;
}
