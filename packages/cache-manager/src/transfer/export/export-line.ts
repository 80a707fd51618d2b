import {
  CacheEntry,
  CacheValidationError,
  type CredentialCipher,
  entryToRecord,
  maskProxyUrl,
  parseProxyUrl,
} from '@pw/cache-models';
import { extractUrlCredentials, maskPlainFields } from '@pw/cache-models/tier';
import { problemOfSize } from '../../check-arguments.ts';
import { mayContainCredentials } from '../import/rows/row-address.ts';
import type { ExportCredentials } from './export-options.ts';

/**
 * One entry as a line of an export, with all its fields; `undefined` for an entry that an import would refuse.
 *
 * Throws a CacheError with code `CACHE_CREDENTIAL_UNREADABLE` when a credential cannot be opened, and a
 * CacheValidationError when it must be sealed and there is no cipher.
 */
export function exportLine(
  entry: CacheEntry,
  credentials: ExportCredentials,
  cipher: CredentialCipher | undefined,
): string | undefined {
  // The URL is always written in plain text, so credentials in it are moved to the fields that the mode applies to.
  const moved = extractUrlCredentials(entry);
  // An old record may have credentials in the wrong places: in an invalid URL, in its source or in its error.
  const proxyUrl = credentials === 'plain' ? moved.proxyUrl : maskProxyUrl(moved.proxyUrl);
  const clean = CacheEntry.restore({ ...maskPlainFields(moved), proxyUrl });
  if (problemOfSize(clean) !== undefined || isRefusedUrl(proxyUrl)) return undefined;
  if (credentials === 'sealed') {
    if (clean.hasCredentials && cipher === undefined) throw noCipher();
    return toLine(entryToRecord(clean, cipher));
  }
  const record = entryToRecord(CacheEntry.restore({ ...clean.toFields(), username: null, password: null }), undefined);
  if (credentials === 'omit') return toLine(record);
  return toLine({
    ...record,
    username: clean.username?.reveal() ?? null,
    password: clean.password?.reveal() ?? null,
  });
}

function toLine(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

/** True for an invalid URL that may contain a password at an unknown position. */
function isRefusedUrl(proxyUrl: string): boolean {
  return !parseProxyUrl(proxyUrl).ok && mayContainCredentials(proxyUrl);
}

function noCipher(): CacheValidationError {
  return new CacheValidationError(
    'export: the credentials cannot be sealed, because the cache has no encryption key: configure one, or export with credentials "omit" or "plain"',
  );
}
