const MIB = 2 ** 20;

/** The longest record that is stored and read, in bytes of UTF-8: 1 MiB. A well-formed one has about one KiB. */
export const MAX_RECORD_BYTES = MIB;

/** How many bytes of records one answer of our own scripts holds before the rest is left for the next one: 16 MiB. */
export const BATCH_BYTES = 16 * MIB;

/** The longest answer of a server, all that is nested in it included: 64 MiB. */
export const MAX_REPLY_BYTES = 64 * MIB;

/** The most members of one answer, those of nested lists included. */
export const MAX_REPLY_MEMBERS = 2 ** 20;

/** How deep lists of one answer may lie in each other; a cluster's map of its nodes has five levels. */
export const MAX_REPLY_DEPTH = 16;

/** The longest line of an answer, such as an error's: 64 KiB. */
export const MAX_LINE_BYTES = 64 * 1024;

/** What the names that a pass has met may take, so that each comes once: 1 GiB, each name counted with its administration. */
export const MAX_SEEN_BYTES = 1024 * MIB;
