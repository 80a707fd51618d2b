import type { CacheTier, TierCapabilities } from '@pw/cache-models';

/** A tier that its factory could not make yet. */
export class FailedFactory {
  /** What the factory threw. */
  readonly error: unknown;
  readonly #make: () => Promise<CacheTier>;

  /** `make` calls the factory again; it rejects if the factory fails, or makes something that is not a tier. */
  constructor(error: unknown, make: () => Promise<CacheTier>) {
    this.error = error;
    this.#make = make;
  }

  /**
   * Calls the factory again. Resolves to the tier that `open` has opened, or to the new failure; a tier that cannot be
   * opened is closed.
   */
  async retry(open: (tier: CacheTier) => Promise<void>): Promise<CacheTier | FailedFactory> {
    try {
      const tier = await this.#make();
      try {
        await open(tier);
      } catch (error) {
        closeQuietly(tier);
        throw error;
      }
      return tier;
    } catch (error) {
      return new FailedFactory(error, this.#make);
    }
  }
}

/** Closes a tier that is not used. Waits for nothing: a tier that hangs while opening may hang while closing too. */
export function closeQuietly(tier: CacheTier): void {
  const close = async (): Promise<void> => tier.close();
  close().catch(() => {});
}

/**
 * What is assumed of a tier that does not exist yet: it may contain tokens of an older key, and other processes may
 * write to it.
 */
export const UNKNOWN_CAPABILITIES: TierCapabilities = Object.freeze({
  synchronous: false,
  persistent: true,
  shared: true,
  ordered: false,
  countsAccesses: false,
  immediate: false,
  query: false,
  health: false,
  reseal: false,
  sideValues: false,
  leases: false,
  changes: false,
  update: false,
  log: false,
  marks: false,
});
