/** Who has to go when the tier is full. Each call costs the same, however many cells there are. */
export interface EvictionOrder {
  /** A cell was filled. */
  added(cell: number): void;
  /** The entry of a cell was read or replaced. */
  used(cell: number): void;
  /** A cell is being emptied. */
  removed(cell: number): void;
  /** The cell to empty next; NONE if there is no cell. */
  victim(): number;
}
