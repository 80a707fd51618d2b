const MIB = 1024 * 1024;

/** Bytes of the longest line that is written: 1 MiB. */
export const MAX_WRITTEN_LINE = MIB;

/**
 * Bytes of the longest line that is read; a longer one is taken for damaged, and neither held nor parsed. More than is written, so that
 * a record stays readable when a count in it grows.
 */
export const MAX_LINE = MIB + 64 * 1024;

/** Bytes of the largest shard file that is read, and up to which one is written: 4 GiB. */
export const MAX_SHARD = 4096 * MIB;

/** Bytes from which on a line is looked at before it is parsed: 64 KiB. */
export const LONG_LINE = 64 * 1024;

/** Most values in a record that is parsed, where it is long or others beside it are damaged. A parser makes an object of each. */
export const MOST_VALUES = 10_000;
