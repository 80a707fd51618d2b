/** A stored record as it was parsed: ProxyWhirl's members, our checksum, and whatever others wrote. */
export type RawRecord = Record<string, unknown>;
