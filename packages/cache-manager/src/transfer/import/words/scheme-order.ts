import type { ProxyScheme } from '@pw/cache-models';

/**
 * The rule where several schemes are named for one proxy: the first of these is taken, for more clients can use it, and use it for more.
 * `HTTP/HTTPS` is `http`: an "HTTPS proxy" of such lists is an HTTP proxy through which HTTPS goes (CONNECT). One that is named alone is taken at
 * its word.
 */
export const SCHEMES_BY_USE: readonly ProxyScheme[] = ['http', 'socks5', 'socks5h', 'https', 'socks4a', 'socks4'];

export function bestScheme(schemes: readonly ProxyScheme[]): ProxyScheme | undefined {
  return SCHEMES_BY_USE.find((scheme) => schemes.includes(scheme));
}
