/** Which code is measured: ours, an alternative that a user might choose, or the bare minimum of the work. */
export type Role = 'ours' | 'peer' | 'floor';

/** The samples of one contender. */
export interface Measurement {
  readonly name: string;
  readonly role: Role;
  /** `ns`, `ms`, `bytes`, `share` (0 to 1) or any other word. */
  readonly unit: string;
  readonly samples: readonly number[];
}
