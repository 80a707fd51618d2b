/** Whose code is measured: this repository's, what a user would pick instead, or the bare minimum that the work costs. */
export type Role = 'ours' | 'peer' | 'floor';

/** One number per sample of something that is not a time per operation. */
export interface Measurement {
  readonly name: string;
  readonly role: Role;
  /** `ns`, `ms`, `bytes`, `share` (0 to 1) or any word. */
  readonly unit: string;
  readonly samples: readonly number[];
}
