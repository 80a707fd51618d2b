/** Where a line lies in its shard file: its bytes without the newline. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Lines that follow one another, with nothing but newlines between them. */
export interface PlaceOfLines extends Place {
  readonly lines: number;
}
