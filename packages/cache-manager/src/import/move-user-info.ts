import { CacheEntry, Secret } from '@pw/cache-models';

/**
 * The entry without `user:password@` in its URL: the credentials go to their own fields, unless these hold some already.
 * Entries that ProxyWhirl stored may have them there, in clear.
 */
export function moveUserInfo(entry: CacheEntry): CacheEntry {
  const { proxyUrl } = entry;
  const at = proxyUrl.lastIndexOf('@');
  if (at < 0) return entry;
  const scheme = proxyUrl.indexOf('://');
  const start = scheme < 0 || scheme > at ? 0 : scheme + 3;
  const [username, password] = split(proxyUrl.slice(start, at));
  return CacheEntry.restore({
    ...entry,
    proxyUrl: proxyUrl.slice(0, start) + proxyUrl.slice(at + 1),
    username: entry.username ?? username,
    password: entry.password ?? password,
  });
}

function split(userInfo: string): [Secret | null, Secret | null] {
  const colon = userInfo.indexOf(':');
  const parts = colon < 0 ? [userInfo, ''] : [userInfo.slice(0, colon), userInfo.slice(colon + 1)];
  return [toSecret(parts[0]!), toSecret(parts[1]!)];
}

function toSecret(text: string): Secret | null {
  if (text === '') return null;
  try {
    return Secret.of(decodeURIComponent(text));
  } catch {
    // A stray percent sign is part of the credential.
    return Secret.of(text);
  }
}
