import {
  CacheEntry,
  CacheValidationError,
  type CredentialCipher,
  type EntryLabels,
  maskPlainFields,
  moveUserInfo,
  parseProxyUrl,
  recordToEntry,
} from '@pw/cache-models';
import { readFullRecordCredentials } from './full-record-credentials.ts';
import type { Row } from './members/row-members.ts';
import { mayContainCredentials } from './row-address.ts';
import { readRecordLabels } from './row-labels.ts';

const TEXTS = ['key', 'proxy_url', 'fetch_time', 'last_accessed', 'expires_at', 'health_status'] as const;
const NUMBERS = ['access_count', 'ttl_seconds', 'failure_count'] as const;

/** True for a whole entry, as an export or a JSONL tier writes it; a warm row has only some of its members. */
export function isFullRecord(row: Row): boolean {
  return TEXTS.every((name) => typeof row[name] === 'string') && NUMBERS.every((name) => typeof row[name] === 'number');
}

/**
 * An entry with every field as the record has it, and the labels of the whole import; masked credentials are none, those in the URL move
 * to their fields, those in the source, the error or a label are masked. Labels that are wrong are left out. Throws a CacheCorruptionError that names the member, a CacheValidationError for a URL that
 * may hold a password where none can be told, or a CacheError with code `CACHE_CREDENTIAL_UNREADABLE`.
 */
export function fullRecordToEntry(
  row: Row,
  cipher: CredentialCipher | undefined,
  ofImport: EntryLabels,
): { readonly entry: CacheEntry; readonly notes: readonly string[] } {
  const { username, password, notes } = readFullRecordCredentials(row);
  const source = typeof row['source'] === 'string' ? row['source'] : 'warmed';
  const { labels, notes: labelNotes } = readRecordLabels(row, ofImport);
  const entry = moveUserInfo(recordToEntry({ ...row, source, username, password, labels: undefined }, cipher));
  if (!parseProxyUrl(entry.proxyUrl).ok && mayContainCredentials(entry.proxyUrl))
    throw new CacheValidationError(
      'proxy_url may contain a password, which must not be stored in clear text: write it as scheme://user:password@host:port',
    );
  return { entry: CacheEntry.restore(maskPlainFields({ ...entry, labels })), notes: [...notes, ...labelNotes] };
}
