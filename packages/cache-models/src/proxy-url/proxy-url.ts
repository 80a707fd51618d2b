import { Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';
import { copyOf } from '../text/copy-of.ts';
import { trimmed } from '../text/invisible-characters.ts';
import { readHost } from './proxy-host.ts';

/** The schemes of a proxy endpoint. */
export const PROXY_SCHEMES = Object.freeze(['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'] as const);
export type ProxyScheme = (typeof PROXY_SCHEMES)[number];

/** The parts of a proxy URL. */
export interface ParsedProxyUrl {
  readonly scheme: ProxyScheme;
  /** In canonical form (see {@link parseProxyHost}); an IPv6 address has brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** `scheme://host:port` in canonical form: no credentials, no trailing slash. */
  readonly url: string;
  /** Percent-decoded; `null` when absent or empty. */
  readonly username: string | null;
  readonly password: string | null;
}

/** A parsed URL, or the reason why it is not valid. */
export type ProxyUrlResult =
  | { readonly ok: true; readonly value: ParsedProxyUrl }
  | {
      readonly ok: false;
      readonly reason: string;
      /** The first wrong part. If it is `host`, scheme and port are valid. */
      readonly part: 'scheme' | 'host' | 'port';
    };

/**
 * Parses a proxy URL; the host must be valid for {@link parseProxyHost}. Invisible characters at the ends of the URL
 * and of the host are removed. A reason never quotes the URL, which may contain a password. Throws a
 * CacheValidationError unless `given` is a string.
 *
 * @example
 * ```ts
 * const result = parseProxyUrl('socks5://user:secret@Gate.Example:1080');
 * if (result.ok) result.value.url; // 'socks5://gate.example:1080'
 * ```
 */
export function parseProxyUrl(given: string): ProxyUrlResult {
  if (typeof given !== 'string') checkArgument('given', given, Kinds.string);
  return readUrl(given);
}

/** As {@link parseProxyUrl}, without the argument check. */
export function readUrl(given: string): ProxyUrlResult {
  const text = trimmed(given);
  const colon = text.indexOf('://');
  const scheme = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
  if (!(PROXY_SCHEMES as readonly string[]).includes(scheme)) {
    return {
      ok: false,
      part: 'scheme',
      reason: `must begin with one of ${PROXY_SCHEMES.map((s) => `${s}://`).join(', ')}`,
    };
  }
  const rest = text.slice(colon + 3, text.endsWith('/') ? -1 : undefined);
  const at = rest.lastIndexOf('@');
  const place = parsePlace(rest.slice(at + 1));
  if (!place.ok) return place;
  const [username, password] = at < 0 ? [null, null] : splitUserInfo(rest.slice(0, at));
  const normal = `${scheme}://${place.host}:${place.port}`;
  const url = normal === given ? given : copyOf(normal);
  return {
    ok: true,
    value: {
      scheme: scheme as ProxyScheme,
      host: place.host,
      port: place.port,
      url,
      username,
      password,
    },
  };
}

type Place = { readonly ok: true; readonly host: string; readonly port: number } | (ProxyUrlResult & { ok: false });

function parsePlace(text: string): Place {
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  if (colon < 0 || text.endsWith(']') || !/^\d{1,5}$/.test(digits)) {
    return { ok: false, part: 'port', reason: 'must end with a port, such as http://host:8080, and have no path' };
  }
  const port = Number(digits);
  if (port < 1 || port > 65535) return { ok: false, part: 'port', reason: 'must have a port from 1 to 65535' };
  const host = readHost(text.slice(0, colon));
  return host.ok ? { ok: true, host: host.host, port } : { ok: false, part: 'host', reason: host.reason };
}

/** Username and password of what precedes the `@` of a URL, percent-decoded; `null` when absent or empty. */
export function splitUserInfo(text: string): [string | null, string | null] {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const password = colon < 0 ? '' : text.slice(colon + 1);
  return [decode(user) || null, decode(password) || null];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign is part of the credential, not an error.
    return text;
  }
}
