import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { readUrl, splitUserInfo } from '../proxy-url/proxy-url.ts';
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
  const [inUrl, password] = splitUserInfo(userInfo);
  const clean = { ...entry, proxyUrl: proxyUrl.slice(0, start) + proxyUrl.slice(at + 1) };
  if (!entry.hasCredentials)
    return CacheEntry.restore({ ...clean, username: toSecret(inUrl), password: toSecret(password) });
  if (entry.password !== null || username?.reveal() !== (inUrl ?? '')) return CacheEntry.restore(clean);
  return CacheEntry.restore({ ...clean, password: toSecret(password) });
}

function toSecret(text: string | null): Secret | null {
  return text === null ? null : Secret.of(text);
}
