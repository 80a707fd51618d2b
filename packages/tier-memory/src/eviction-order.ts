/** Who has to go when the tier is full. Each call costs the same, however many slots there are. */
export interface EvictionOrder {
  /** A slot was filled. */
  added(slot: number): void;
  /** The entry of a slot was read or replaced. */
  used(slot: number): void;
  /** A slot is being emptied. */
  removed(slot: number): void;
  /** The slot to empty next; NONE if there is no slot. */
  victim(): number;
}
