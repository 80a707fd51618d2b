/** The bytes of a line in its shard file, without the newline. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Adjacent lines, separated by nothing but newlines. */
export interface LineRun extends ByteRange {
  readonly lines: number;
}
