import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { readUrl, splitUserInfo } from '../proxy-url/proxy-url.ts';
import { Secret } from '../secrets/secret.ts';
import { CacheEntry } from './cache-entry.ts';
import { stampEntry, versionOf } from './entry-version.ts';

/**
 * Moves `user:password@` from the URL of an entry to its credentials; the key stays the same. Records of ProxyWhirl may
 * have credentials in their URL, unencrypted. Credentials that the entry already has take precedence; if it has a
 * username only, it gets the password from a URL of the same user. Returns the same entry if its URL has none. Throws a
 * CacheValidationError for a value that is not a CacheEntry.
 */
export function extractUrlCredentials(entry: CacheEntry): CacheEntry {
  if (!CacheEntry.isCacheEntry(entry)) checkArgument('entry', entry, Kinds.entry);
  const { proxyUrl, username } = entry;
  // The usual case, on the hot path: V8 inlines `indexOf`, but not `lastIndexOf`.
  if (proxyUrl.indexOf('@') < 0) return entry;
  const at = proxyUrl.lastIndexOf('@');
  const scheme = proxyUrl.indexOf('://');
  const start = scheme < 0 || scheme > at ? 0 : scheme + 3;
  const userInfo = proxyUrl.slice(start, at);
  // An `@` after a `/`, `?` or `#` belongs to the path, unless the URL is valid with it as the end of the user info.
  if (/[/?#]/.test(userInfo) && !readUrl(proxyUrl).ok) return entry;
  const [inUrl, password] = splitUserInfo(userInfo);
  const clean = { ...entry.toFields(), proxyUrl: proxyUrl.slice(0, start) + proxyUrl.slice(at + 1) };
  // The same value: only a write gives another version.
  return stampEntry(CacheEntry.restore({ ...clean, ...credentialsOf() }), versionOf(entry));

  function credentialsOf(): Partial<Pick<CacheEntry, 'username' | 'password'>> {
    if (!entry.hasCredentials) return { username: toSecret(inUrl), password: toSecret(password) };
    if (entry.password !== null || username?.reveal() !== (inUrl ?? '')) return {};
    return { password: toSecret(password) };
  }
}

function toSecret(text: string | null): Secret | null {
  return text === null ? null : Secret.of(text);
}
