import { type ParsedProxyUrl, type ProxyScheme, parseProxyUrl } from '@pw/cache-models';

/** An endpoint as a plain list names it. */
export interface PlainProxy extends Pick<ParsedProxyUrl, 'url' | 'username' | 'password'> {}

export type PlainLineResult =
  | { readonly ok: true; readonly value: PlainProxy }
  | { readonly ok: false; readonly reason: string };

// host:port and host:port:user:password; only digits before the first colon would be the beginning of an IPv6 address.
const COLONS = /^(?!\d+:)(\[[^\]]*\]|[^:[\]@]+):(\d+)(?::([^:]+):(.*))?$/s;
const FORMS = 'must be host:port, host:port:user:password, user:password@host:port or a URL with a port';

/**
 * Takes one entry of a plain list apart: a URL, `user:password@host:port`, `host:port:user:password` or `host:port`, an
 * IPv6 address in brackets. Between colons a credential is taken as it stands; before an `@` it may be percent-encoded,
 * as in a URL. A reason never quotes the text.
 */
export function parsePlainLine(text: string, defaultScheme: ProxyScheme): PlainLineResult {
  if (text.includes('://')) return parseProxyUrl(text);
  const whole = parseProxyUrl(`${defaultScheme}://${text}`);
  if (whole.ok && text.includes('@')) return whole;
  const match = COLONS.exec(text);
  if (match === null) return { ok: false, reason: FORMS };
  const [, host, port, username, password] = match;
  const place = parseProxyUrl(`${defaultScheme}://${host}:${port}`);
  if (!place.ok) return place;
  return { ok: true, value: { url: place.value.url, username: username ?? null, password: password || null } };
}
