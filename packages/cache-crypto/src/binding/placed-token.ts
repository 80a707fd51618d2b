import type { BindingState } from './binding-key.ts';

/** An authentic token at a place. */
export interface PlacedToken {
  /** Of the key that made it; 0 is the one that seals. */
  readonly index: number;
  readonly state: BindingState;
}
