/** Which entry to evict when the tier is full. Every call takes constant time. */
export interface EvictionOrder {
  /** A cell received an entry. */
  added(cell: number): void;
  /** The entry of a cell was read or replaced. */
  used(cell: number): void;
  /** A cell is being emptied. */
  removed(cell: number): void;
  /** The cell to empty next; NONE if there is none. */
  victim(): number;
}
