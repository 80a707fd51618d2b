import type { CacheLookup, CacheManager } from '@pw/cache-manager';
import { type CacheEntry, generateCacheKey, maskProxyUrl, type ParsedProxyUrl, parseProxyUrl } from '@pw/cache-models';
import { printable } from '../display/format.ts';
import { unreadableCount } from './unreadable-records.ts';

/** The result of a search. */
export type Found =
  | { readonly hit: CacheLookup }
  /**
   * `keys` are those of the matching entries, if there are several. `locked` is true if the entry exists, but no
   * encryption key opens it.
   */
  | { readonly hit?: undefined; readonly keys: readonly string[]; readonly locked: boolean };

/**
 * Finds an entry by a key, by a URL with a user name, or by a URL alone, which means the entry without a user, or else
 * the only one at that URL. `host:port` means http, or else the only entry at that address. A password is ignored.
 */
export async function findEntry(cache: CacheManager, text: string, signal?: AbortSignal): Promise<Found> {
  const fits = matcherOf(text);
  for (const key of likelyKeys(text)) {
    const hit = await cache.lookup(key);
    // A list may have stored a different proxy under the key of this URL: check that the entry matches.
    if (hit !== undefined && (!text.includes('://') || fits(hit.entry))) return { hit };
    if (hit === undefined && unreadableCount(cache) > 0) return { keys: [], locked: true };
  }
  // Search all entries: other programs choose their own keys, and the user name, which is part of a key, may be omitted
  // here.
  const keys: string[] = [];
  for await (const entry of cache.entries()) {
    signal?.throwIfAborted();
    if (fits(entry)) keys.push(entry.key);
  }
  const [key] = keys;
  const hit = key === undefined || keys.length > 1 ? undefined : await cache.lookup(key);
  return hit === undefined ? { keys, locked: false } : { hit };
}

/** Keys to try before searching: the text itself, and the keys that an import and ProxyWhirl would derive from it. */
function likelyKeys(text: string): string[] {
  const parsed = parse(text);
  if (parsed === undefined) return [text];
  return [...new Set([text, generateCacheKey(parsed.url, { username: parsed.username }), generateCacheKey(text)])];
}

function matcherOf(text: string): (entry: CacheEntry) => boolean {
  const wanted = parse(text);
  const hasScheme = text.includes('://');
  return (entry) => {
    if (printable(maskProxyUrl(entry.proxyUrl)) === text) return true;
    const stored = wanted === undefined ? undefined : parse(entry.proxyUrl);
    if (wanted === undefined || stored === undefined) return false;
    if (wanted.port !== stored.port || wanted.host !== stored.host) return false;
    if (hasScheme && wanted.scheme !== stored.scheme) return false;
    return wanted.username === null || wanted.username === (entry.username?.reveal() ?? stored.username);
  };
}

function parse(text: string): ParsedProxyUrl | undefined {
  const parsed = parseProxyUrl(text.includes('://') ? text : `http://${text}`);
  return parsed.ok ? parsed.value : undefined;
}
