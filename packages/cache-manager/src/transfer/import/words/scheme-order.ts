import type { ProxyScheme } from '@pw/cache-models';

/**
 * If several schemes are named for one proxy, the first of these is used: more clients support it, for more purposes.
 * `HTTP/HTTPS` is `http`, because an "HTTPS proxy" in such lists is an HTTP proxy that also carries HTTPS (CONNECT). A
 * scheme that is named alone is taken literally.
 */
export const SCHEMES_BY_USE: readonly ProxyScheme[] = ['http', 'socks5', 'socks5h', 'https', 'socks4a', 'socks4'];

export function bestScheme(schemes: readonly ProxyScheme[]): ProxyScheme | undefined {
  return SCHEMES_BY_USE.find((scheme) => schemes.includes(scheme));
}
