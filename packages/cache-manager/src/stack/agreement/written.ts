import type { StoredEntries } from '../stack-level.ts';

/** What became of a batch: one entry of each list per write. */
export interface Written extends StoredEntries {
  /** For each tier, middle tiers first, which writes it has taken. */
  readonly byTier: readonly (readonly boolean[])[];
  /** Whether the key had a live entry in the base or a middle tier. */
  readonly existed: readonly boolean[];
}

/** {@link Written.byTier} for so many tiers and writes. */
export function byTier(
  tiers: number,
  writes: number,
  isStored: (tier: number, i: number) => boolean,
): readonly (readonly boolean[])[] {
  return Array.from({ length: tiers }, (_, tier) => Array.from({ length: writes }, (_item, i) => isStored(tier, i)));
}
