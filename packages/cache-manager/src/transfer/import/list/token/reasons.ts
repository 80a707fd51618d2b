import { PROXY_SCHEMES } from '@pw/cache-models';

/**
 * Why a line, or part of it, is not loaded. No reason quotes the line: even `name:12345` may be a user and a password.
 */

export const FORMS = 'must be host:port, host:port:user:password, user:password@host:port or a URL with a port';
export const NO_BRACKETS = 'must have its IPv6 address in brackets, such as [2001:db8::1]:8080';
export const SINGLE_NAME =
  'has a host without a dot, which is accepted only in a URL: write scheme://user:password@host:port, or allow such names (bareNames, --bare-names)';
export const AMBIGUOUS =
  'has a host and port on both sides, and either could be the user and password: write scheme://user:password@host:port, with %2E for each dot in the user';
export const MANY_COLONS =
  'has too many colons before the host: write user:password@host:port, with %3A for each colon in the user';
export const MORE_AFTER_AT =
  'has more than a host and port after the @: write user:password@host:port, with %40 for each @ in the user and password';
export const TWO_URLS = 'has two URLs with nothing between them: put a space or a line break between them';
export const URL_INSIDE = 'has text directly before the scheme of its URL: put a space or a line break between them';
export const SCHEME_AS_USER =
  'has a scheme where the user belongs: write scheme://host:port, or user:password@host:port';
export const ONE_CREDENTIAL =
  'has only one part after the port, where a user and a password belong: write user@host:port, or host:port:user:password';
export const NO_USER = 'has a password but no user: write host:port:user:password or user:password@host:port';
export const SCHEME_AFTER_PORT = 'has its scheme between the port and the user: write scheme://host:port:user:password';
export const WRONG_PORT = 'must have a port from 1 to 65535';
export const NO_PORT = 'must end with a port, such as host:8080, and have no path';
export const PORT_NOT_ADJACENT = 'has something between an address and its port: write host:port';
export const HAS_PATH = 'must end with the port: remove the text after it';
export const OTHER_LINK =
  'is a link for another protocol (such as vmess, vless, trojan or Shadowsocks), not an HTTP or SOCKS proxy';
export const NO_SCHEME = `must begin with one of ${PROXY_SCHEMES.map((scheme) => `${scheme}://`).join(', ')}`;
export const TEXT_BEFORE =
  'has text before the proxy that may be part of it: write the proxy alone or first, with %20, %2C, %3B or %7C for a space, comma, semicolon or bar in the user or password';
export const MAY_BE_CREDENTIALS =
  'has text after the port that may be a user and password: write host:port:user:password';
export const IN_COMMENT =
  'has a # before a possible host, and a # starts a comment: write %23 for each # in the user or password';
export const WIDE_COLON = 'contains a full-width colon (U+FF1A): use a plain one';
/**
 * In a field, these are not failures: ProxyWhirl accepts any string there, and not every string is meant as a proxy.
 */
export const PORT_REASONS: ReadonlySet<string> = new Set([NO_PORT, WRONG_PORT]);
export const SEVERAL = 'contains more than one proxy: write one per row';

const OTHER_KINDS: ReadonlySet<string> = new Set(
  'vmess vless trojan trojan-go ss ssr ssd hysteria hysteria2 hy2 tuic wireguard wg juicity snell naive+https naive+quic anytls'.split(
    ' ',
  ),
);

export function isSchemeOfOtherKind(scheme: string): boolean {
  return OTHER_KINDS.has(scheme);
}
