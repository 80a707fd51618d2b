import { generateCacheKey, parseProxyUrl } from '@pw/cache-models';

/**
 * The keys under which what a user names may be stored, the likeliest first: a key as it is; a URL (`host:port` means
 * http) with its user, as an import stores it, or exactly as given without, as ProxyWhirl does.
 */
export function candidateKeys(text: string): string[] {
  const parsed = parseProxyUrl(text.includes('://') ? text : `http://${text}`);
  if (!parsed.ok) return [text];
  const { url, username } = parsed.value;
  return [...new Set([text, generateCacheKey(url, { username }), generateCacheKey(text)])];
}
