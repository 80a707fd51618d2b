import type { BindingState } from './binding-key.ts';

/** The result of verifying an authentic token at a place. */
export interface PlacedToken {
  /** Index of the key that made it; 0 is the key that seals. */
  readonly index: number;
  readonly state: BindingState;
}
