/** The path of a file, or its content in pieces, such as `process.stdin`. */
export type FileOrBytes = string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
