/** Where a line lies in its shard file: its bytes without the newline. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Lines that follow one another, with nothing but newlines between them. */
export interface LineRun extends ByteRange {
  readonly lines: number;
}
