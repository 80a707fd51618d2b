import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { readUrl } from '../proxy-url/proxy-url.ts';
import { Secret } from '../secrets/secret.ts';
import { CacheEntry } from './cache-entry.ts';

/**
 * The entry without `user:password@` in its URL; the key stays. A record that ProxyWhirl stored may have credentials there, in
 * clear: they become the entry's own, unless it has some already, which then count. A username alone takes the password
 * of the same user.
 */
export function extractUrlCredentials(entry: CacheEntry): CacheEntry {
  if (!CacheEntry.isCacheEntry(entry)) checkArgument('entry', entry, Kinds.entry);
  const { proxyUrl, username } = entry;
  // The usual case, and the hot one: a search from the left is compiled into its caller, one from the right is a call.
  if (proxyUrl.indexOf('@') < 0) return entry;
  const at = proxyUrl.lastIndexOf('@');
  const scheme = proxyUrl.indexOf('://');
  const start = scheme < 0 || scheme > at ? 0 : scheme + 3;
  const userInfo = proxyUrl.slice(start, at);
  // An `@` behind a path is part of that, unless a whole URL comes of it otherwise.
  if (/[/?#]/.test(userInfo) && !readUrl(proxyUrl).ok) return entry;
  const [inUrl, password] = split(userInfo);
  const clean = { ...entry, proxyUrl: proxyUrl.slice(0, start) + proxyUrl.slice(at + 1) };
  if (!entry.hasCredentials)
    return CacheEntry.restore({ ...clean, username: toSecret(inUrl), password: toSecret(password) });
  if (entry.password !== null || username?.reveal() !== inUrl) return CacheEntry.restore(clean);
  return CacheEntry.restore({ ...clean, password: toSecret(password) });
}

function split(userInfo: string): [string, string] {
  const colon = userInfo.indexOf(':');
  const parts = colon < 0 ? [userInfo, ''] : [userInfo.slice(0, colon), userInfo.slice(colon + 1)];
  return [decode(parts[0]!), decode(parts[1]!)];
}

function toSecret(text: string): Secret | null {
  return text === '' ? null : Secret.of(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign is part of the credential.
    return text;
  }
}
