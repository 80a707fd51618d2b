import {
  CacheCorruptionError,
  type CacheEntry,
  CacheError,
  CacheErrorCode,
  CacheValidationError,
  type CredentialCipher,
  entryToRecord,
  recordToEntry,
} from '@pw/cache-models';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { MAX_WRITTEN_LINE } from './limits.ts';
import type { RawRecord } from './lines/raw-record.ts';
import { encodeLine, versionIn } from './lines/record-line.ts';
import type { StoredPut } from './put-batch.ts';

/** Turns entries into lines of a tier, and records into entries. */
export class EntryCodec {
  readonly #tier: string;
  readonly #cipher: CredentialCipher | undefined;

  constructor(tier: string, cipher: CredentialCipher | undefined) {
    this.#tier = tier;
    this.#cipher = cipher;
  }

  /** An entry as a line, with its version. Throws a CacheValidationError if the line is too long. */
  encode(entry: CacheEntry): StoredPut {
    return this.#encoder(entry)(versionOf(entry));
  }

  /**
   * Seals the credentials, which takes most of the time, and returns a function that makes the line once its version is
   * known. Throws a CacheValidationError if the line is too long.
   */
  prepare(entry: CacheEntry): (version: number) => StoredPut {
    const encode = this.#encoder(entry);
    encode(Number.MAX_SAFE_INTEGER);
    return encode;
  }

  /** The entry in a record, with its version. Throws the codec's error. */
  decode(raw: RawRecord): CacheEntry {
    return stampAs(recordToEntry(raw, this.#cipher), raw);
  }

  /** Like `decode`; `undefined` for a record that is damaged, or that no key opens. */
  decodeOrSkip(raw: RawRecord | undefined): CacheEntry | undefined {
    if (raw === undefined) return undefined;
    try {
      return this.decode(raw);
    } catch (error) {
      const isUnreadable = error instanceof CacheError && error.code === CacheErrorCode.CREDENTIAL_UNREADABLE;
      if (isUnreadable || error instanceof CacheCorruptionError) return undefined;
      throw error;
    }
  }

  #encoder(entry: CacheEntry): (version: number) => StoredPut {
    const { expiresAt, lastAccessed, accessCount, fetchTime } = entry;
    const record = entryToRecord(entry, this.#cipher);
    const facts = { expiresAt, lastAccessed, accessCount, fetchTime };
    return (version) => {
      const line = encodeLine(record, version);
      if (line.length > MAX_WRITTEN_LINE) throw this.#tooLong();
      return { line, facts };
    };
  }

  #tooLong(): CacheValidationError {
    const problem = { path: 'entry', message: 'must be at most 1 MiB as a line of JSON' };
    const message = `${this.#tier}: entry: ${problem.message}`;
    return new CacheValidationError(message, { tier: this.#tier, problems: [problem] });
  }
}

/** An entry with the version of its record. */
export function stampAs(entry: CacheEntry, raw: RawRecord): CacheEntry {
  const version = versionIn(raw);
  return version === 0 ? entry : stampEntry(entry, version);
}
