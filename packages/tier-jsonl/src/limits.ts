const MIB = 1024 * 1024;

/** Longest line that is written, in bytes: 1 MiB. */
export const MAX_WRITTEN_LINE = MIB;

/**
 * Longest line that is read, in bytes. Longer ones count as damaged, and are neither held in memory nor parsed. More
 * than {@link MAX_WRITTEN_LINE}, so that a record stays readable when a count in it grows.
 */
export const MAX_LINE = MIB + 64 * 1024;

/** Largest shard file that is read or written, in bytes: 4 GiB. */
export const MAX_SHARD = 4096 * MIB;

/** From this size in bytes, 64 KiB, the values of a line are counted before it is parsed. */
export const LONG_LINE = 64 * 1024;

/**
 * Largest number of values in a record that is long or follows a damaged line, since a parser would make an object of
 * each.
 */
export const MOST_VALUES = 10_000;
