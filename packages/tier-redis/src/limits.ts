const MIB = 2 ** 20;

/** The longest record that is stored or read, in bytes of UTF-8: 1 MiB. A typical record is about 1 KiB. */
export const MAX_RECORD_BYTES = MIB;

/**
 * How many bytes of records a script returns in one reply: 16 MiB. A script that reads leaves the rest to the next
 * call; one that evicts only counts the rest.
 */
export const BATCH_BYTES = 16 * MIB;

/** The longest reply, including everything nested in it: 64 MiB. */
export const MAX_REPLY_BYTES = 64 * MIB;

/** The most members of one reply, including those of nested lists. */
export const MAX_REPLY_MEMBERS = 2 ** 20;

/** How deeply the lists of a reply may be nested; a cluster's slot map has five levels. */
export const MAX_REPLY_DEPTH = 16;

/** The longest line of a reply, such as an error message: 64 KiB. */
export const MAX_LINE_BYTES = 64 * 1024;

/** Memory for the names that a pass has seen, which it keeps to yield each once: 1 GiB, including overhead. */
export const MAX_SEEN_BYTES = 1024 * MIB;
