/** A stored record as parsed: members of ProxyWhirl, our checksum, and members added by others. */
export type RawRecord = Record<string, unknown>;
