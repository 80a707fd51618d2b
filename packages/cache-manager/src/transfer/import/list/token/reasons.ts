import { PROXY_SCHEMES } from '@pw/cache-models';

/** Why a line, or a part of it, is not loaded. None quotes the line: even `name:12345` may be a user with a password. */

export const FORMS = 'must be host:port, host:port:user:password, user:password@host:port or a URL with a port';
export const NO_BRACKETS = 'must have its IPv6 address in brackets, such as [2001:db8::1]:8080';
export const SINGLE_NAME =
  'is a single name, which is taken for a host only in a URL: write scheme://user:password@host:port, or allow such names (bareNames, --bare-names)';
export const AMBIGUOUS =
  'has a host with a port on both sides, so either may be the user with the password: write scheme://user:password@host:port, with %2E for each dot of the user';
export const MANY_COLONS =
  'has too many colons before its host: write user:password@host:port, with %3A for each colon of the user';
export const MORE_BEHIND_AT =
  'has more than a host and a port behind its @: write user:password@host:port, with %40 for each @ of the user and the password';
export const TWO_URLS = 'holds two URLs with nothing between them: write a blank, or a new line';
export const URL_INSIDE = 'has text before the scheme of its URL: write a blank, or a new line';
export const SCHEME_AS_USER =
  'has a scheme in the place of its user: write scheme://host:port, or user:password@host:port';
export const ONE_CREDENTIAL =
  'has one part behind the port, which is no user with a password: write user@host:port, or host:port:user:password';
export const NO_USER = 'has a password without a user: write host:port:user:password or user:password@host:port';
export const SCHEME_BEHIND = 'has its scheme between the port and the user: write scheme://host:port:user:password';
export const WRONG_PORT = 'must have a port from 1 to 65535';
export const NO_PORT = 'must end with a port, such as host:8080, and hold no path';
export const NO_PORT_BEHIND = 'has an address whose port is not right behind it: write host:port';
export const HAS_PATH = 'must end with the port: what is behind it is no part of a proxy';
export const OTHER_LINK =
  'is a link of another protocol (such as vmess, vless, trojan or Shadowsocks), which is no HTTP or SOCKS proxy';
export const NO_SCHEME = `must begin with one of ${PROXY_SCHEMES.map((scheme) => `${scheme}://`).join(', ')}`;
export const BEHIND_TEXT =
  'holds a proxy behind other text, which may be a part of it: write the proxy alone, or first, and %20, %2C, %3B or %7C for a blank, comma, semicolon or bar in a user or a password';
export const MAY_BE_CREDENTIALS =
  'has text behind the port that may be a user and a password: write host:port:user:password';
export const IN_COMMENT =
  'has what may be its host behind a #, where a comment begins: write %23 for a # in a user or a password';
export const WIDE_COLON = 'holds a full-width colon (U+FF1A): write a plain one';
/** Of a field that ends in no port there may be nothing that is a proxy at all: ProxyWhirl takes any text. */
export const PORT_REASONS: ReadonlySet<string> = new Set([NO_PORT, WRONG_PORT]);
export const SEVERAL = 'holds more than one proxy';

const OTHER_KINDS: ReadonlySet<string> = new Set(
  'vmess vless trojan trojan-go ss ssr ssd hysteria hysteria2 hy2 tuic wireguard wg juicity snell naive+https naive+quic anytls'.split(
    ' ',
  ),
);

export function isSchemeOfOtherKind(scheme: string): boolean {
  return OTHER_KINDS.has(scheme);
}
