import { crc32 } from 'node:zlib';
import { At, type EntryValues, type StoredValue } from './entry-values.ts';

const TEXTS = [At.KEY, At.PROXY_URL, At.SOURCE, At.HEALTH_STATUS] as const;
const TOKENS = [At.USERNAME, At.PASSWORD] as const;
const NUMBERS = [
  At.FETCH_TIME,
  At.TTL_SECONDS,
  At.EXPIRES_AT,
  At.FAILURE_COUNT,
  At.LAST_HEALTH_CHECK,
  At.CONSECUTIVE_FAILURES,
  At.CONSECUTIVE_SUCCESSES,
  At.RECOVERY_ATTEMPT,
  At.NEXT_CHECK_TIME,
  At.TOTAL_CHECKS,
  At.TOTAL_CHECK_FAILURES,
] as const;

/** Matches no stored checksum; the checksum of a value of the wrong type. */
const NO_MATCH = -1;

/**
 * CRC-32 checksums of a row. They cover the types, so a string that bit rot turned into a blob of the same bytes does
 * not match.
 *
 * There are two per row, over the access metadata and over everything else, so that access metadata can be stored
 * without reading the rest, whose checksum then stays as it was.
 */
export class RowChecksums {
  // Reused, so that a read allocates nothing for its check.
  readonly #numbers = new Float64Array(NUMBERS.length);
  readonly #access = new Float64Array(3);

  /**
   * The checksum of everything but the access metadata. Without a version it is the one from before versions existed.
   */
  ofRecord(values: EntryValues, version: StoredValue): number {
    const numbers = this.#numbers;
    for (let i = 0; i < NUMBERS.length; i++) numbers[i] = asNumber(values[NUMBERS[i]!]!);
    let content = '';
    for (const at of TEXTS) {
      const value = values[at];
      if (typeof value !== 'string') return NO_MATCH;
      content += `${value.length}:${value}`;
    }
    for (const at of TOKENS) {
      const value = values[at];
      if (value === null) content += '-';
      else if (value instanceof Uint8Array) content += `${value.byteLength}:${latin1(value)}`;
      else return NO_MATCH;
    }
    const labels = values[At.LABELS] ?? null;
    if (labels !== null) {
      if (typeof labels !== 'string') return NO_MATCH;
      // Only if there are labels, so that a row without labels has the checksum that it had before labels existed.
      content += `@${labels.length}:${labels}`;
    }
    if (version !== null && version !== 0) content += `#${String(version)}`;
    const error = values[At.LAST_HEALTH_ERROR];
    if (error !== null && typeof error !== 'string') return NO_MATCH;
    return crc32(error === null ? content : `${content}+${error}`, crc32(numbers));
  }

  /** The checksum of the access metadata: count, last access and eviction mark. */
  ofAccess(key: StoredValue, accessCount: StoredValue, lastAccessed: StoredValue, evicted: StoredValue): number {
    if (typeof key !== 'string') return NO_MATCH;
    this.#access[0] = asNumber(accessCount);
    this.#access[1] = asNumber(lastAccessed);
    this.#access[2] = asNumber(evicted);
    return crc32(key, crc32(this.#access));
  }

  /** Like {@link RowChecksums.ofAccess}, for a row. */
  ofRowAccess(values: EntryValues): number {
    return this.ofAccess(values[At.KEY]!, values[At.ACCESS_COUNT]!, values[At.LAST_ACCESSED]!, values[At.EVICTED]!);
  }
}

/** NULL becomes NaN, which SQLite cannot store, and any other non-number becomes a value that no column contains. */
function asNumber(value: StoredValue): number {
  if (typeof value === 'number') return value;
  return value === null ? Number.NaN : Number.NEGATIVE_INFINITY;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
