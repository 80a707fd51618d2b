/** The path of a file, or its content: as one array of bytes, or in pieces, as from `process.stdin`. */
export type FileOrBytes = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
