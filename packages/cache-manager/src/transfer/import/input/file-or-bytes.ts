/** The path of a file, or its content: its bytes at once, or in pieces, as `process.stdin` has them. */
export type FileOrBytes = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
