import {
  CacheEntry,
  CacheValidationError,
  type CredentialCipher,
  type EntryLabels,
  parseProxyUrl,
  recordToEntry,
} from '@pw/cache-models';
import { extractUrlCredentials, maskPlainFields } from '@pw/cache-models/tier';
import { readFullRecordCredentials } from './full-record-credentials.ts';
import type { Row } from './members/row-members.ts';
import { mayContainCredentials } from './row-address.ts';
import { readRecordLabels } from './row-labels.ts';

const TEXTS = ['key', 'proxy_url', 'fetch_time', 'last_accessed', 'expires_at', 'health_status'] as const;
const NUMBERS = ['access_count', 'ttl_seconds', 'failure_count'] as const;

/** True for a complete entry, as an export or a JSONL tier writes it; other rows have only some of these members. */
export function isFullRecord(row: Row): boolean {
  return TEXTS.every((name) => typeof row[name] === 'string') && NUMBERS.every((name) => typeof row[name] === 'number');
}

/**
 * An entry with every field as in the record, plus the labels of the import. Masked credentials count as absent;
 * credentials in the URL are moved to their fields; those in the source, the error or a label are masked; invalid
 * labels are left out.
 *
 * Throws a CacheCorruptionError that names the member, a CacheValidationError for an invalid URL that may contain a
 * password, or a CacheError with code `CACHE_CREDENTIAL_UNREADABLE`.
 */
export function fullRecordToEntry(
  row: Row,
  cipher: CredentialCipher | undefined,
  importLabels: EntryLabels,
): { readonly entry: CacheEntry; readonly notes: readonly string[] } {
  const { username, password, notes } = readFullRecordCredentials(row);
  const source = typeof row['source'] === 'string' ? row['source'] : 'warmed';
  const { labels, notes: labelNotes } = readRecordLabels(row, importLabels);
  const entry = extractUrlCredentials(recordToEntry({ ...row, source, username, password, labels: undefined }, cipher));
  if (!parseProxyUrl(entry.proxyUrl).ok && mayContainCredentials(entry.proxyUrl))
    throw new CacheValidationError(
      'proxy_url may contain a password, which must not be stored in plain text: write it as scheme://user:password@host:port',
    );
  return {
    entry: CacheEntry.restore(maskPlainFields({ ...entry.toFields(), labels })),
    notes: [...notes, ...labelNotes],
  };
}
